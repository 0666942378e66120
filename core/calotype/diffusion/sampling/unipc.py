"""UniPC: a unified predictor-corrector (Zhao et al. 2023), of order 3, in data prediction.

On the variance-preserving path: y = x alpha with alpha = 1 / sqrt(1 + sigma^2), noise deviation s = sigma alpha.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from calotype.diffusion.sampling.terms import Denoise, OnStep, ignore

ORDER = 3
LAST = 0.000976563  # the level that stands for 0: ComfyUI's 0.001, of which float32 leaves this much in 1 - alpha^2


@dataclass(frozen=True, eq=False, slots=True)
class Point:
    """An evaluated place: its level, and the estimate of the clean latent there."""

    sigma: float
    estimate: Tensor

    @property
    def lam(self) -> float:
        """Half the log signal-to-noise ratio."""
        return -math.log(self.sigma)


def uni_pc(denoise: Denoise, x: Tensor, sigmas: Tensor, on_step: OnStep = ignore, *, variant: str = "bh1") -> Tensor:
    """Algorithm 2 with B(h) = h ("bh1") or e^h - 1 ("bh2"). The evaluation that corrects a step starts the next.

    A single step is of order 0 and leaves the signal as it is, as in ComfyUI.
    """
    levels = sigmas.tolist()
    steps = len(levels) - 1
    if levels[-1] == 0:
        levels[-1] = LAST
    order = min(ORDER, steps - 1)
    y = x / math.sqrt(1 + levels[0] ** 2)
    points = [Point(levels[0], denoise(x, levels[0]))]
    on_step(0, x, points[0].estimate)
    for i in range(1, steps):
        used = min(i, order, steps + 1 - i)
        predicted = predict(y, points, levels[i], used, variant)
        full = predicted * math.sqrt(1 + levels[i] ** 2)
        point = Point(levels[i], denoise(full, levels[i]))
        y = correct(y, points, point, used, variant)
        points = [*points, point][-ORDER:]
        on_step(i, full, point.estimate)
    if order > 0:
        y = predict(y, points, levels[-1], 1, variant)
    return y * math.sqrt(1 + levels[-1] ** 2)


uni_pc_bh2 = partial(uni_pc, variant="bh2")


def coefficients(
    points: list[Point], sigma: float, order: int, variant: str
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """(r, b, B) of section 3.2: places of the older points in units of the step, moments, and B(h). All for -h."""
    newest = points[-1]
    h = math.log(newest.sigma / sigma)
    ratios = np.array([(points[-1 - k].lam - newest.lam) / h for k in range(1, order)] + [1.0])
    scale = -h if variant == "bh1" else math.expm1(-h)
    moments, phi, factorial = [], math.expm1(-h) / -h - 1, 1
    for k in range(1, order + 1):
        moments.append(phi * factorial / scale)
        factorial *= k + 1
        phi = phi / -h - 1 / factorial
    return ratios, np.array(moments), scale


def base(y: Tensor, newest: Point, sigma: float) -> tuple[Tensor, float]:
    """The first-order step from the newest point to sigma, and alpha there."""
    alpha, before = 1 / math.sqrt(1 + sigma**2), 1 / math.sqrt(1 + newest.sigma**2)
    ratio = sigma * alpha / (newest.sigma * before)
    h = math.log(newest.sigma / sigma)
    return (y * ratio).add(newest.estimate, alpha=-alpha * math.expm1(-h)), alpha


def differences(points: list[Point], ratios: NDArray[np.float64]) -> list[Tensor]:
    """(D_k - D_newest) / r_k of the older points."""
    newest = points[-1].estimate
    return [(points[-2 - k].estimate - newest) / float(r) for k, r in enumerate(ratios[:-1])]


def predict(y: Tensor, points: list[Point], sigma: float, order: int, variant: str) -> Tensor:
    """UniP: the step to sigma from the points behind it."""
    stepped, alpha = base(y, points[-1], sigma)
    ratios, moments, scale = coefficients(points, sigma, order, variant)
    if order == 1:
        return stepped
    weights = np.array([0.5]) if order == 2 else np.linalg.solve(powers(ratios[:-1]), moments[:-1])
    for weight, difference in zip(weights, differences(points, ratios), strict=True):
        stepped = stepped.add(difference, alpha=-alpha * scale * float(weight))
    return stepped


def correct(y: Tensor, points: list[Point], reached: Point, order: int, variant: str) -> Tensor:
    """UniC: the step taken again, with the estimate at its end."""
    stepped, alpha = base(y, points[-1], reached.sigma)
    ratios, moments, scale = coefficients(points, reached.sigma, order, variant)
    weights = np.array([0.5]) if order == 1 else np.linalg.solve(powers(ratios), moments)
    terms = [*differences(points, ratios), reached.estimate - points[-1].estimate]
    for weight, term in zip(weights, terms, strict=True):
        stepped = stepped.add(term, alpha=-alpha * scale * float(weight))
    return stepped


def powers(ratios: NDArray[np.float64]) -> NDArray[np.float64]:
    """The matrix whose row k is r^k."""
    return np.vander(ratios, increasing=True).T
