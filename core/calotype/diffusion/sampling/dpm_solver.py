"""DPM-Solver in noise prediction: fixed orders (fast), and with step-size control (adaptive). Lu et al. 2022.

Time is lambda = -log sigma, in variance-exploding units.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise

import torch
from torch import Tensor

from calotype.diffusion.sampling.terms import Denoise, Noise, OnStep, ancestral, half_log_snr, ignore, single


@dataclass(slots=True)
class Slopes:
    """The slope eps = (x - D) / sigma at the start of one step, and the denoiser to find more.

    `estimate` is D at the start. Steps of several orders share it.
    """

    denoise: Denoise
    x: Tensor
    lam: float
    estimate: Tensor = field(init=False)
    eps: Tensor = field(init=False)

    def __post_init__(self) -> None:
        self.estimate = self.denoise(self.x, level(self.lam))
        self.eps = (self.x - self.estimate) / level(self.lam)

    def at(self, x: Tensor, lam: float) -> Tensor:
        """The slope somewhere else."""
        return (x - self.denoise(x, level(lam))) / level(lam)


def level(lam: float) -> float:
    """sigma = exp(-lambda), in single precision."""
    return float(single(lam).neg().exp())


def first_order(start: Slopes, end: float) -> Tensor:
    """DPM-Solver-1, equation 3.7."""
    return start.x.add(start.eps, alpha=-level(end) * math.expm1(end - start.lam))


def second_order(start: Slopes, end: float, r: float = 0.5) -> tuple[Tensor, Tensor]:
    """DPM-Solver-2, algorithm 4, and the slope that it found at share r of the step."""
    h = end - start.lam
    inner = start.lam + r * h
    found = start.at(start.x.add(start.eps, alpha=-level(inner) * math.expm1(r * h)), inner)
    x = first_order(start, end)
    return x.add(found - start.eps, alpha=-level(end) / (2 * r) * math.expm1(h)), found


def third_order(start: Slopes, end: float, found: Tensor | None = None) -> Tensor:
    """DPM-Solver-3, algorithm 5, r = 1/3 and 2/3. found: the slope at 1/3 when it is known already."""
    h, r1, r2 = end - start.lam, 1 / 3, 2 / 3
    if found is None:
        inner = start.lam + r1 * h
        found = start.at(start.x.add(start.eps, alpha=-level(inner) * math.expm1(r1 * h)), inner)
    inner = start.lam + r2 * h
    bend = math.expm1(r2 * h) / (r2 * h) - 1
    x = start.x.add(start.eps, alpha=-level(inner) * math.expm1(r2 * h))
    last = start.at(x.add(found - start.eps, alpha=-level(inner) * (r2 / r1) * bend), inner)
    x = first_order(start, end)
    return x.add(last - start.eps, alpha=-level(end) / r2 * (math.expm1(h) / h - 1))


def bounds(sigmas: Tensor) -> tuple[float, float]:
    """lambda at the first and at the last level that is not 0."""
    levels = sigmas.tolist()
    return float(half_log_snr(levels[0])), float(half_log_snr(levels[-1] if levels[-1] > 0 else levels[-2]))


def dpm_fast(denoise: Denoise, x: Tensor, sigmas: Tensor, on_step: OnStep = ignore) -> Tensor:
    """DPM-Solver-fast: as many evaluations as levels, in steps of order 3 and a last one or two of less, section 3.4.

    It ends at the last level above 0 and steps evenly in lambda, whatever lies between.
    """
    evaluations = len(sigmas) - 1
    orders = [3] * (evaluations // 3 - 1) + [2, 1] if evaluations % 3 == 0 else [3] * (evaluations // 3)
    orders += [evaluations % 3] if evaluations % 3 else []
    lams = torch.linspace(*bounds(sigmas), evaluations // 3 + 2).tolist()
    for i, (lam, end) in enumerate(pairwise(lams[: len(orders) + 1])):
        start = Slopes(denoise, x, lam)
        on_step(i, x, start.estimate)
        x = solved(start, end, orders[i])
    return x


def solved(start: Slopes, end: float, order: int) -> Tensor:
    """The step of an order."""
    match order:
        case 1:
            return first_order(start, end)
        case 2:
            return second_order(start, end)[0]
        case _:
            return third_order(start, end)


@dataclass(slots=True)
class StepSize:
    """A PID controller of the step h (Söderlind 2003), as k-diffusion sets it: integral term only by default."""

    h: float
    order: float
    p: float = 0.0
    i: float = 1.0
    d: float = 0.0
    accept_safety: float = 0.81
    past: list[float] = field(default_factory=list)

    def judge(self, error: float) -> bool:
        """Whether a step with this relative error stands. Sets the next h."""
        inverse = 1 / (error + 1e-8)
        self.past = [inverse, *(self.past[1:] or [inverse, inverse])]
        powers = ((self.p + self.i + self.d), -(self.p + 2 * self.d), self.d)
        factor = math.prod(e ** (power / self.order) for e, power in zip(self.past, powers, strict=True))
        factor = 1 + math.atan(factor - 1)
        accepted = factor >= self.accept_safety
        if accepted:
            self.past = [self.past[0], self.past[0], self.past[1]]
        self.h *= factor
        return accepted


def dpm_adaptive(
    denoise: Denoise,
    x: Tensor,
    sigmas: Tensor,
    noise: Noise,
    on_step: OnStep = ignore,
    *,
    order: int = 3,
    rtol: float = 0.05,
    atol: float = 0.0078,
    h_init: float = 0.05,
    pcoeff: float = 0.0,
    icoeff: float = 1.0,
    dcoeff: float = 0.0,
    accept_safety: float = 0.81,
    eta: float = 0.0,
    s_noise: float = 1.0,
) -> Tensor:
    """DPM-Solver-12 or -23: steps as large as the tolerances allow, appendix C; only the first and last level count.

    order: 2 or 3, of the better of the two solutions whose difference is the error.
    """
    lam, last = bounds(sigmas)
    size = StepSize(h_init, 1.5 if eta else order, pcoeff, icoeff, dcoeff, accept_safety)
    before, tried = x, 0
    while lam < last - 1e-5:
        end = min(last, lam + size.h)
        target, up = (min(last, -math.log(ancestral(level(lam), level(end), eta)[0])), 0.0) if eta else (end, 0.0)
        if eta:
            up = math.sqrt(max(level(end) ** 2 - level(target) ** 2, 0.0))
        start = Slopes(denoise, x, lam)
        low, high = pair_of_orders(start, target, order)
        scale = torch.clamp(rtol * torch.maximum(low.abs(), before.abs()), min=atol)
        error = float(torch.linalg.norm((low - high) / scale)) / x.numel() ** 0.5
        on_step(min(tried, len(sigmas) - 2), x, start.estimate)
        tried += 1
        if size.judge(error):
            before, x = low, high
            if up:
                x = x.add(noise(level(lam), level(end)), alpha=s_noise * up)
            lam = end
    return x


def pair_of_orders(start: Slopes, end: float, order: int) -> tuple[Tensor, Tensor]:
    """The solution of the order below and the one of the order."""
    if order == 2:
        return first_order(start, end), second_order(start, end)[0]
    low, found = second_order(start, end, r=1 / 3)
    return low, third_order(start, end, found)
