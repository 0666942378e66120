"""SA-Solver: stochastic Adams predictor-corrector (Xue et al. 2023).

In variance-exploding units: lambda = -log sigma, alpha = 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from torch import Tensor

from calotype.diffusion.sampling.multistep import lagrange
from calotype.diffusion.sampling.terms import Denoise, Noise, OnStep, ignore


def sa_solver(
    denoise: Denoise,
    x: Tensor,
    sigmas: Tensor,
    noise: Noise,
    on_step: OnStep = ignore,
    *,
    interval: tuple[float, float] = (math.inf, 0.0),
    eta: float = 1.0,
    s_noise: float = 1.0,
    predictor_order: int = 3,
    corrector_order: int = 4,
    evaluates_corrected: bool = False,
    simple_order_2: bool = False,
    ends_corrected: bool = True,
) -> Tensor:
    """Algorithm 1, in PEC mode, or PECE mode with `evaluates_corrected`.

    interval: the levels (highest, lowest) between which tau is eta; outside it is 0, an ODE. simple_order_2: the
    simplified second-order coefficients of appendix D. ends_corrected: levels that do not end at 0 give the corrected x
    of the last level but one, without the step after it, as in ComfyUI.
    """
    levels = sigmas.tolist()
    steps, spare = len(levels) - 1, 0 if levels[-1] == 0 else max(predictor_order, corrector_order)
    predicted, tau = x, 0.0
    drawn: Tensor | None = None
    past: list[Tensor] = []
    for i in range(steps):
        denoised = denoise(predicted, levels[i])
        on_step(i, predicted, denoised)
        past = [*past, denoised][-max(predictor_order, corrector_order) :]
        last = levels[i + 1] == 0
        order = min(corrector_order, len(past), steps - i + spare)  # lower towards an end at 0
        if i == 0 or order == 0 or (last and not evaluates_corrected):
            x = predicted
        else:
            weights = adams_weights(levels[i - order + 1 : i + 1], levels[i - 1], levels[i], tau, simple_order_2)
            x = adams_step(x, past[-order:], weights, levels[i - 1], levels[i], tau, drawn)
            if evaluates_corrected:
                denoised = past[-1] = denoise(x, levels[i])
        if last:
            return denoised
        tau = eta if interval[0] >= levels[i + 1] >= interval[1] else 0.0
        order = min(predictor_order, len(past), steps - 1 - i + spare)
        weights = adams_weights(levels[i - order + 1 : i + 1], levels[i], levels[i + 1], tau, simple_order_2)
        drawn = None
        if tau > 0 and s_noise > 0:
            drawn = noise(levels[i], levels[i + 1]) * (s_noise * deviation(levels[i], levels[i + 1], tau))
        predicted = adams_step(x, past[-order:], weights, levels[i], levels[i + 1], tau, drawn)
    return x if ends_corrected else predicted


sa_solver_pece = partial(sa_solver, evaluates_corrected=True)


def adams_step(
    x: Tensor,
    estimates: Sequence[Tensor],
    weights: Sequence[float],
    sigma: float,
    following: float,
    tau: float,
    drawn: Tensor | None,
) -> Tensor:
    """Equations 14 and 17: e^{-(1 + tau^2) h} x + sum_i b_i D_i + noise, h = log(sigma / following)."""
    x = x * (following / sigma) ** (1 + tau**2)
    for weight, estimate in zip(weights, estimates, strict=True):
        x = x.add(estimate, alpha=weight)
    return x if drawn is None else x + drawn


def deviation(sigma: float, following: float, tau: float) -> float:
    """Of the noise of a step, equation 16: following sqrt(1 - e^{-2 tau^2 h})."""
    return following * math.sqrt(-math.expm1(-2 * tau**2 * math.log(sigma / following)))


def adams_weights(levels: Sequence[float], sigma: float, following: float, tau: float, simple: bool) -> list[float]:
    """Equations 15 and 18: integrals of (1 + tau^2) e^{(1 + tau^2)(l - end)} times the Lagrange polynomials.

    levels: of the estimates, the newest last; the integral is over lambda, from sigma to following.
    """
    speed = 1 + tau**2
    nodes, start, end = [-math.log(level) for level in levels], -math.log(sigma), -math.log(following)
    if simple and len(nodes) == 2:
        return simple_weights(nodes, start, end, speed)
    moved = [node - end for node in nodes]  # about the end of the step, where the integrand is largest
    moments = exponential_moments(start - end, len(nodes), speed)
    return [
        sum(c * moment for c, moment in zip(lagrange(moved, j).coef.tolist(), moments, strict=False))
        for j in range(len(nodes))
    ]


def exponential_moments(start: float, count: int, speed: float) -> list[float]:
    """speed times the integrals of e^{speed l} l^p from start to 0, p < count; by parts."""
    decay = math.exp(speed * start)
    moments = [-math.expm1(speed * start)]
    for p in range(1, count):
        moments.append(-(start**p) * decay - p / speed * moments[-1])
    return moments


def simple_weights(nodes: Sequence[float], start: float, end: float, speed: float) -> list[float]:
    """Appendix D: the second-order weights with the integral of the difference taken by its leading term."""
    h = end - start
    whole = -math.expm1(-h * speed)
    if nodes[-1] == end:  # the corrector: nodes are the step's own ends
        newest = speed * h / 2
        return [whole - newest, newest]
    oldest = speed * h**2 / 2 / (nodes[0] - start)
    return [oldest, whole - oldest]
