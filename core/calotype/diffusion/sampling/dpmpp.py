"""DPM-Solver++: exponential integrators of the ODE in data prediction (Lu et al. 2022b)."""

from __future__ import annotations

import math
from itertools import pairwise

from torch import Tensor

from calotype.diffusion.sampling.terms import (
    Denoise,
    Noise,
    OnStep,
    ancestral,
    ancestral_flow,
    euler_step,
    ignore,
    middle,
)


def dpmpp_2m(denoise: Denoise, x: Tensor, sigmas: Tensor, on_step: OnStep = ignore) -> Tensor:
    """DPM-Solver++(2M), algorithm 2: Euler along an estimate that is extrapolated from the last two.

    D = (1 + 1 / 2r) D_i - (1 / 2r) D_{i-1} with r = h_{i-1} / h_i, h = log(sigma_i / sigma_{i+1}).
    """
    before, last = None, 0.0
    for i, (sigma, following) in enumerate(pairwise(sigmas.tolist())):
        denoised = denoise(x, sigma)
        on_step(i, x, denoised)
        h = math.log(sigma / following) if following > 0 else math.inf
        bent = denoised if before is None or following == 0 else before.lerp(denoised, 1 + h / (2 * last))
        x = bent.lerp(x, following / sigma)
        before, last = denoised, h
    return x


def dpmpp_2s_ancestral(
    denoise: Denoise,
    x: Tensor,
    sigmas: Tensor,
    noise: Noise,
    on_step: OnStep = ignore,
    *,
    eta: float = 1.0,
    s_noise: float = 1.0,
) -> Tensor:
    """DPM-Solver++(2S), algorithm 1 with r = 1/2, and ancestral noise."""
    for i, (sigma, following) in enumerate(pairwise(sigmas.tolist())):
        denoised = denoise(x, sigma)
        on_step(i, x, denoised)
        down, up = ancestral(sigma, following, eta)
        if down > 0:
            between = middle(sigma, down)
            denoised = denoise(denoised.lerp(x, between / sigma), between)
        x = denoised.lerp(x, down / sigma) if down > 0 else euler_step(x, denoised, sigma, down)
        if following > 0:
            x = x.add(noise(sigma, following), alpha=s_noise * up)
    return x


def dpmpp_2s_ancestral_flow(
    denoise: Denoise,
    x: Tensor,
    sigmas: Tensor,
    noise: Noise,
    on_step: OnStep = ignore,
    *,
    eta: float = 1.0,
    s_noise: float = 1.0,
) -> Tensor:
    """`dpmpp_2s_ancestral` on a rectified flow: the middle is that of log((1 - s) / s)."""
    for i, (sigma, following) in enumerate(pairwise(sigmas.tolist())):
        denoised = denoise(x, sigma)
        on_step(i, x, denoised)
        if following == 0:
            x = denoised
            continue
        down, scale, up = ancestral_flow(sigma, following, eta)
        between = middle_of_flow(sigma, down)
        denoised = denoise(denoised.lerp(x, between / sigma), between)
        x = denoised.lerp(x, down / sigma)
        if eta > 0:
            x = (scale * x).add(noise(sigma, following), alpha=s_noise * up)
    return x


def middle_of_flow(sigma: float, down: float) -> float:
    """The level half way in log((1 - s) / s); just below 1 when it starts from pure noise."""
    if sigma >= 1:
        return 0.9999
    odds = math.sqrt(sigma / (1 - sigma) * down / (1 - down))
    return odds / (1 + odds)
