"""Multistep samplers: one evaluation a step, and the slopes of the steps before it.

All of them step by x + sum_j w_j d_{i-j} along slopes d = (x - D) / sigma; they differ in how they weigh. The last
step, to 0, takes the estimate itself.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import NDArray
from torch import Tensor

from calotype.diffusion.sampling.terms import Denoise, OnStep, ignore, slope

Weights = Callable[[Sequence[float], int, int], Sequence[float]]
"""(levels, index of the step, slopes at hand) -> the weight of each slope, the newest first."""


def multistep(
    denoise: Denoise, x: Tensor, sigmas: Tensor, weights: Weights, order: int, on_step: OnStep = ignore
) -> Tensor:
    """A linear multistep method of at most `order` slopes."""
    levels = sigmas.tolist()
    slopes: deque[Tensor] = deque(maxlen=order)
    for i, (sigma, following) in enumerate(pairwise(levels)):
        denoised = denoise(x, sigma)
        on_step(i, x, denoised)
        if following == 0:
            return denoised
        slopes.appendleft(slope(x, denoised, sigma))
        for weight, d in zip(weights(levels, i, len(slopes)), slopes, strict=True):
            x = x.add(d, alpha=weight)
    return x


def lms(denoise: Denoise, x: Tensor, sigmas: Tensor, on_step: OnStep = ignore, *, order: int = 4) -> Tensor:
    """The linear multistep method of k-diffusion: Adams-Bashforth with weights that are exact for uneven steps."""
    return multistep(denoise, x, sigmas, adams_bashforth, order, on_step)


def adams_bashforth(levels: Sequence[float], i: int, count: int) -> list[float]:
    """Integrals over the step of the Lagrange polynomials through the last `count` levels."""
    nodes = [levels[i - j] for j in range(count)]
    return [_integral(lagrange(nodes, j), levels[i], levels[i + 1]) for j in range(count)]


def lagrange(nodes: Sequence[float], j: int) -> Polynomial:
    """The polynomial that is 1 at node j and 0 at the others."""
    others = [node for k, node in enumerate(nodes) if k != j]
    return Polynomial.fromroots(others) / math.prod(nodes[j] - node for node in others) if others else Polynomial([1.0])


def _integral(polynomial: Polynomial, start: float, end: float) -> float:
    whole = polynomial.integ()
    return float(whole(end) - whole(start))


def ipndm(denoise: Denoise, x: Tensor, sigmas: Tensor, on_step: OnStep = ignore, *, order: int = 4) -> Tensor:
    """Improved PNDM (Zhang and Chen 2023, section 4): Adams-Bashforth's weights for even steps, however they fall."""
    return multistep(denoise, x, sigmas, even_adams_bashforth, order, on_step)


EVEN = ((1.0,), (3 / 2, -1 / 2), (23 / 12, -16 / 12, 5 / 12), (55 / 24, -59 / 24, 37 / 24, -9 / 24))


def even_adams_bashforth(levels: Sequence[float], i: int, count: int) -> list[float]:
    """Adams-Bashforth's weights for even steps, times this step."""
    return [weight * (levels[i + 1] - levels[i]) for weight in EVEN[count - 1]]


def ipndm_v(denoise: Denoise, x: Tensor, sigmas: Tensor, on_step: OnStep = ignore, *, order: int = 4) -> Tensor:
    """Improved PNDM for variable steps, with the weights of its authors' implementation (zju-pi/diff-sampler).

    Those of order 3 and 4 equal Adams-Bashforth's for even steps and depart from them for uneven ones; `lms` is exact.
    """
    return multistep(denoise, x, sigmas, variable_weights, order, on_step)


def variable_weights(levels: Sequence[float], i: int, count: int) -> list[float]:
    """Weights by ratios of this step h to those before it, h1, h2, h3."""
    h, h1, h2, h3 = [levels[i + 1 - k] - levels[i - k] if k < count else 1.0 for k in range(4)]
    second = (1 - h**2 / (3 * h1 * (h1 + h2))) / 2
    third = (1 - h / (3 * (h + h1))) / 2 + (1 - h / (2 * (h + h1))) * h / (6 * (h + h1 + h2))
    third *= h * (h + h1) * (h + h1 + h2) / (h1 * (h1 + h2) * (h1 + h2 + h3))
    q, p = h1 / h2, h1 * (h1 + h2) / (h2 * (h2 + h3))
    differences = (
        (1.0, 0.0, 0.0, 0.0),
        (h / h1 / 2, -h / h1 / 2, 0.0, 0.0),
        (second, -(1 + q) * second, q * second, 0.0),
        (third, -(1 + q + p) * third, (q + p * (1 + h2 / h3)) * third, -p * q * third),
    )
    return [h * sum(row[j] for row in differences[:count]) for j in range(count)]


def deis(denoise: Denoise, x: Tensor, sigmas: Tensor, on_step: OnStep = ignore, *, order: int = 3) -> Tensor:
    """DEIS (Zhang and Chen 2023, equation 15, tAB): slopes extrapolated in the time t of a variance-preserving SDE."""
    return multistep(denoise, x, sigmas, deis_weights, order, on_step)


POINTS = 10_000  # of the sums that stand for DEIS' integrals
VP_SIGMAS = (0.002, 80.0)  # the levels at times EPSILON and 1 of the SDE that DEIS' time belongs to
EPSILON = 1e-3


def deis_weights(levels: Sequence[float], i: int, count: int) -> list[float]:
    """Sums over t of dsigma/dt times the Lagrange polynomials in t through the last `count` levels."""
    if count == 1:
        return [levels[i + 1] - levels[i]]
    beta_min, beta_d = vp_betas()
    times = vp_times(np.asarray(levels[i - count + 1 : i + 2]), beta_min, beta_d)
    nodes = times[-2::-1]
    t = np.linspace(times[-2], times[-1], POINTS)
    alpha = np.exp(-(t**2) * beta_d / 2 - t * beta_min)
    rate = (t * beta_d + beta_min) / (2 * np.sqrt(alpha * (1 - alpha)))
    step = (times[-1] - times[-2]) / POINTS
    return [float(np.sum(rate * lagrange(nodes.tolist(), j)(t)) * step) for j in range(count)]


def vp_betas() -> tuple[float, float]:
    """(beta_min, beta_d) of the VP SDE that passes sigma 0.002 at t = 0.001 and 80 at t = 1."""
    low, high = (float(np.log(sigma**2 + 1)) for sigma in VP_SIGMAS)
    beta_d = 2 * (low / EPSILON - high) / (EPSILON - 1)
    return high - beta_d / 2, beta_d


def vp_times(sigmas: NDArray[np.float64], beta_min: float, beta_d: float) -> NDArray[np.float64]:
    """t of each level: the inverse of sigma^2 = exp(beta_d t^2 / 2 + beta_min t) - 1."""
    return (np.sqrt(beta_min**2 + 2 * beta_d * np.log(sigmas**2 + 1)) - beta_min) / beta_d
