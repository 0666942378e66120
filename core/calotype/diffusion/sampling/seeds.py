"""SEEDS: stochastic exponential integrators (Gonzalez et al. 2023), in data prediction.

In variance-exploding units: lambda = -log sigma, alpha = 1.
"""

from __future__ import annotations

import math
from itertools import pairwise

from torch import Tensor

from calotype.diffusion.sampling.terms import Denoise, Noise, OnStep, ignore, middle


def phi_1(h: float) -> float:
    """h phi_1(-h) up to sign: 1 - e^-h."""
    return -math.expm1(-h)


def phi_2(h: float) -> float:
    """h phi_2(-h) up to sign: 1 - (1 - e^-h) / h."""
    return 1 + math.expm1(-h) / h


def grown(drawn: Tensor | None, noise: Noise, sigma: float, following: float, eta: float) -> Tensor:
    """The noise of a step so far, carried on from sigma to `following`; of unit variance per level of its end."""
    h = math.log(sigma / following)
    fresh = noise(sigma, following) * math.sqrt(-math.expm1(-2 * eta * h))
    return fresh if drawn is None else fresh.add(drawn, alpha=math.exp(-eta * h))


def seeds_2(
    denoise: Denoise,
    x: Tensor,
    sigmas: Tensor,
    noise: Noise,
    on_step: OnStep = ignore,
    *,
    eta: float = 1.0,
    s_noise: float = 1.0,
    r: float = 0.5,
) -> Tensor:
    """SEEDS-2, algorithm 2: two evaluations a step, the other one at share r of it."""
    stirred = eta > 0 and s_noise > 0
    for i, (sigma, following) in enumerate(pairwise(sigmas.tolist())):
        denoised = denoise(x, sigma)
        on_step(i, x, denoised)
        if following == 0:
            return denoised
        between = middle(sigma, following, r)
        inner = denoised.lerp(x, (between / sigma) ** (1 + eta))
        drawn = grown(None, noise, sigma, between, eta) if stirred else None
        if drawn is not None:
            inner = inner.add(drawn, alpha=s_noise * between)
        mean = denoised.lerp(denoise(inner, between), 1 / (2 * r))
        x = mean.lerp(x, (following / sigma) ** (1 + eta))
        if stirred:
            x = x.add(grown(drawn, noise, between, following, eta), alpha=s_noise * following)
    return x


def seeds_3(
    denoise: Denoise,
    x: Tensor,
    sigmas: Tensor,
    noise: Noise,
    on_step: OnStep = ignore,
    *,
    eta: float = 1.0,
    s_noise: float = 1.0,
    r_1: float = 1 / 3,
    r_2: float = 2 / 3,
) -> Tensor:
    """SEEDS-3, algorithm 3: three evaluations a step, the others at shares r_1 and r_2 of it."""
    stirred = eta > 0 and s_noise > 0
    for i, (sigma, following) in enumerate(pairwise(sigmas.tolist())):
        denoised = denoise(x, sigma)
        on_step(i, x, denoised)
        if following == 0:
            return denoised
        h = math.log(sigma / following) * (1 + eta)
        one, two = middle(sigma, following, r_1), middle(sigma, following, r_2)
        inner = denoised.lerp(x, (one / sigma) ** (1 + eta))
        drawn = grown(None, noise, sigma, one, eta) if stirred else None
        inner = inner if drawn is None else inner.add(drawn, alpha=s_noise * one)
        second = denoise(inner, one)
        inner = exponential_step(x, denoised, second, sigma, two, r_2 * h, r_2 / r_1, eta)
        drawn = grown(drawn, noise, one, two, eta) if stirred else None
        inner = inner if drawn is None else inner.add(drawn, alpha=s_noise * two)
        third = denoise(inner, two)
        x = exponential_step(x, denoised, third, sigma, following, h, 1 / r_2, eta)
        if stirred:
            x = x.add(grown(drawn, noise, two, following, eta), alpha=s_noise * following)
    return x


def exponential_step(
    x: Tensor, first: Tensor, other: Tensor, sigma: float, end: float, h: float, weight: float, eta: float
) -> Tensor:
    """e^-h x + b_1 D_first + b_2 D_other; b_2 = weight h phi_2, b_1 = h phi_1 - b_2.

    h: (1 + eta) log(sigma / end).
    """
    b_2 = weight * phi_2(h)
    return (x * (end / sigma) ** (1 + eta)).add(first, alpha=phi_1(h) - b_2).add(other, alpha=b_2)
