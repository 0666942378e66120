"""CFG++ (Chung et al. 2024): the guided estimate, renoised along the slope of the negative estimate alone.

These take a denoiser that gives both estimates. With cfg 1 they still evaluate both.
"""

from __future__ import annotations

import math
from itertools import pairwise

from torch import Tensor

from calotype.diffusion.sampling.terms import DenoiseBoth, Noise, OnStep, ancestral, ignore, middle, slope


def euler_cfg_pp(
    denoise: DenoiseBoth, x: Tensor, sigmas: Tensor, on_step: OnStep = ignore, *, alternative: bool = False
) -> Tensor:
    """Algorithm 1 in variance-exploding units: x' = D_guided + sigma' (x - D_negative) / sigma.

    alternative: instead, Euler's method along (x - D_guided + D_negative - D_guided) / sigma, as ComfyUI has it too.
    """
    for i, (sigma, following) in enumerate(pairwise(sigmas.tolist())):
        denoised, negative = denoise(x, sigma)
        on_step(i, x, denoised)
        if alternative:
            x = x + slope(x - denoised + negative, denoised, sigma) * (following - sigma)
            continue
        x = denoised.add(slope(x, negative, sigma), alpha=following) if following > 0 else denoised
    return x


def euler_ancestral_cfg_pp(
    denoise: DenoiseBoth,
    x: Tensor,
    sigmas: Tensor,
    noise: Noise,
    on_step: OnStep = ignore,
    *,
    eta: float = 1.0,
    s_noise: float = 1.0,
) -> Tensor:
    """`euler_cfg_pp` with ancestral noise."""
    for i, (sigma, following) in enumerate(pairwise(sigmas.tolist())):
        denoised, negative = denoise(x, sigma)
        on_step(i, x, denoised)
        if following == 0:
            return denoised
        down, up = ancestral(sigma, following, eta)
        x = denoised.add(slope(x, negative, sigma), alpha=down)
        if eta > 0 and s_noise > 0:
            x = x.add(noise(sigma, following), alpha=s_noise * up)
    return x


def dpmpp_2m_cfg_pp(denoise: DenoiseBoth, x: Tensor, sigmas: Tensor, on_step: OnStep = ignore) -> Tensor:
    """DPM-Solver++(2M) with CFG++: the correction is that of the guided estimate over the negative one before it."""
    before, last = None, 0.0
    for i, (sigma, following) in enumerate(pairwise(sigmas.tolist())):
        denoised, negative = denoise(x, sigma)
        on_step(i, x, denoised)
        if following == 0:
            return denoised
        h = math.log(sigma / following)
        decay = following / sigma
        if before is not None:
            bent = denoised.add(denoised - before, alpha=-math.expm1(-h) * h / (2 * last))
        else:
            bent = denoised
        x = bent.add(x - negative, alpha=decay)
        before, last = negative, h
    return x


def dpmpp_2s_ancestral_cfg_pp(
    denoise: DenoiseBoth,
    x: Tensor,
    sigmas: Tensor,
    noise: Noise,
    on_step: OnStep = ignore,
    *,
    eta: float = 1.0,
    s_noise: float = 1.0,
) -> Tensor:
    """DPM-Solver++(2S) with ancestral noise and CFG++: x is moved by the guidance D_guided - D_negative first.

    The negative estimate is that of the newest evaluation: at the step's start, then at its middle. So ComfyUI has it;
    without guidance it is not `dpmpp_2s_ancestral`, for the two differ by the change of the estimate over the step.
    """
    for i, (sigma, following) in enumerate(pairwise(sigmas.tolist())):
        denoised, negative = denoise(x, sigma)
        on_step(i, x, denoised)
        down, up = ancestral(sigma, following, eta)
        if down == 0:
            x = denoised
        else:
            between = middle(sigma, down)
            inner = denoised.lerp(x + (denoised - negative), between / sigma)
            estimate, negative = denoise(inner, between)
            x = estimate.lerp(x + (denoised - negative), down / sigma)
        if following > 0:
            x = x.add(noise(sigma, following), alpha=s_noise * up)
    return x


def gradient_estimation_cfg_pp(
    denoise: DenoiseBoth, x: Tensor, sigmas: Tensor, on_step: OnStep = ignore, *, gamma: float = 2.0
) -> Tensor:
    """`gradient_estimation` with CFG++: the slopes are those of the negative estimate."""
    before: Tensor | None = None
    for i, (sigma, following) in enumerate(pairwise(sigmas.tolist())):
        denoised, negative = denoise(x, sigma)
        on_step(i, x, denoised)
        if following == 0:
            return denoised
        d = slope(x, negative, sigma)
        x = denoised.add(d, alpha=following)
        if before is not None:
            x = x.add(d - before, alpha=(gamma - 1) * (following - sigma))
        before = d
    return x
