"""DPM-Solver++ for the SDE: exponential integrators with noise along one Brownian path (Lu et al. 2022b, section 6).

All in variance-exploding units: lambda = -log sigma, alpha = 1. On a rectified flow, x and sigma are brought there
before (`table.in_snr_units`). The last step, to 0, takes the estimate itself.
"""

from __future__ import annotations

import math
from itertools import pairwise

from torch import Tensor

from calotype.diffusion.sampling.terms import Denoise, Noise, OnStep, ancestral, ignore, middle


def dpmpp_sde(
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
    """DPM-Solver++ (stochastic), second order: two evaluations a step, the other one at share r of it."""
    share = 1 / (2 * r)
    for i, (sigma, following) in enumerate(pairwise(sigmas.tolist())):
        denoised = denoise(x, sigma)
        on_step(i, x, denoised)
        if following == 0:
            return denoised
        between = middle(sigma, following, r)
        down, up = ancestral(sigma, between, eta)
        inner = denoised.lerp(x, down / sigma)
        if eta > 0 and s_noise > 0:
            inner = inner.add(noise(sigma, between), alpha=s_noise * up)
        mean = denoised.lerp(denoise(inner, between), share)
        down, up = ancestral(sigma, following, eta)
        x = mean.lerp(x, down / sigma)
        if eta > 0 and s_noise > 0:
            x = x.add(noise(sigma, following), alpha=s_noise * up)
    return x


def dpmpp_2m_sde(
    denoise: Denoise,
    x: Tensor,
    sigmas: Tensor,
    noise: Noise,
    on_step: OnStep = ignore,
    *,
    eta: float = 1.0,
    s_noise: float = 1.0,
    solver_type: str = "midpoint",
) -> Tensor:
    """SDE-DPM-Solver++(2M): the estimate is extrapolated from the last two. solver_type: "midpoint" or "heun"."""
    before, last = None, 0.0
    for i, (sigma, following) in enumerate(pairwise(sigmas.tolist())):
        denoised = denoise(x, sigma)
        on_step(i, x, denoised)
        if following == 0:
            return denoised
        h = math.log(sigma / following)
        x = sde_step(x, denoised, sigma, following, eta)
        if before is not None:
            gone = -math.expm1(-h * (eta + 1))
            weight = 1 - gone / (h * (eta + 1)) if solver_type == "heun" else gone / 2
            x = x.add(denoised - before, alpha=weight * h / last)
        x = noised(x, noise, sigma, following, eta, s_noise)
        before, last = denoised, h
    return x


def dpmpp_3m_sde(
    denoise: Denoise,
    x: Tensor,
    sigmas: Tensor,
    noise: Noise,
    on_step: OnStep = ignore,
    *,
    eta: float = 1.0,
    s_noise: float = 1.0,
) -> Tensor:
    """SDE-DPM-Solver++(3M): first and second differences of the last three estimates (k-diffusion)."""
    past: list[tuple[Tensor, float]] = []  # estimates and the steps taken from them, the newest first
    for i, (sigma, following) in enumerate(pairwise(sigmas.tolist())):
        denoised = denoise(x, sigma)
        on_step(i, x, denoised)
        if following == 0:
            return denoised
        h = math.log(sigma / following)
        h_eta = h * (eta + 1)
        x = sde_step(x, denoised, sigma, following, eta)
        phi_2 = math.expm1(-h_eta) / h_eta + 1
        if len(past) == 2:
            (one, h_1), (two, h_2) = past
            r_0, r_1 = h_1 / h, h_2 / h
            d_10, d_11 = (denoised - one) / r_0, (one - two) / r_1
            d_2 = (d_10 - d_11) / (r_0 + r_1)
            x = x.add(d_10.add(d_2, alpha=r_0), alpha=phi_2).add(d_2, alpha=-(phi_2 / h_eta - 0.5))
        elif past:
            x = x.add(denoised - past[0][0], alpha=phi_2 * h / past[0][1])
        x = noised(x, noise, sigma, following, eta, s_noise)
        past = [(denoised, h), *past[:1]]
    return x


def sde_step(x: Tensor, denoised: Tensor, sigma: float, following: float, eta: float) -> Tensor:
    """The first-order part of a step: e^{-(1 + eta) h} x + (1 - e^{-(1 + eta) h}) D, h = log(sigma / following)."""
    return denoised.lerp(x, (following / sigma) ** (1 + eta))


def noised(x: Tensor, noise: Noise, sigma: float, following: float, eta: float, s_noise: float) -> Tensor:
    """The noise of a step: deviation following sqrt(1 - e^{-2 eta h})."""
    if not (eta > 0 and s_noise > 0):
        return x
    deviation = following * math.sqrt(-math.expm1(-2 * eta * math.log(sigma / following)))
    return x.add(noise(sigma, following), alpha=s_noise * deviation)
