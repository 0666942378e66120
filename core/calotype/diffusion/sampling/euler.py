"""First-order samplers: one evaluation of the denoiser a step."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor

from calotype.diffusion.resizing import resized
from calotype.diffusion.sampling.terms import (
    Denoise,
    Noise,
    OnStep,
    ancestral,
    ancestral_flow,
    euler_step,
    ignore,
    slope,
)


def euler(denoise: Denoise, x: Tensor, sigmas: Tensor, on_step: OnStep = ignore) -> Tensor:
    """Euler's method on the probability-flow ODE dx/ds = (x - D(x; s)) / s.

    Karras et al. 2022, algorithm 1 without churn; on the levels of DDIM it is DDIM (Song et al. 2021, equation 13).
    x: (B, C, H, W); sigmas: (N + 1,), falling.
    """
    for i, (sigma, following) in enumerate(pairwise(sigmas.tolist())):
        denoised = denoise(x, sigma)
        on_step(i, x, denoised)
        x = euler_step(x, denoised, sigma, following)
    return x


def euler_ancestral(
    denoise: Denoise,
    x: Tensor,
    sigmas: Tensor,
    noise: Noise,
    on_step: OnStep = ignore,
    *,
    eta: float = 1.0,
    s_noise: float = 1.0,
) -> Tensor:
    """Euler's method with ancestral noise: each step overshoots to a lower level and is noised back.

    DDPM's reverse process (Ho et al. 2020, algorithm 2) in variance-exploding units; eta as in DDIM.
    """
    for i, (sigma, following) in enumerate(pairwise(sigmas.tolist())):
        denoised = denoise(x, sigma)
        on_step(i, x, denoised)
        down, up = ancestral(sigma, following, eta)
        x = euler_step(x, denoised, sigma, down)
        if down > 0:
            x = x.add(noise(sigma, following), alpha=s_noise * up)
    return x


def euler_ancestral_flow(
    denoise: Denoise,
    x: Tensor,
    sigmas: Tensor,
    noise: Noise,
    on_step: OnStep = ignore,
    *,
    eta: float = 1.0,
    s_noise: float = 1.0,
) -> Tensor:
    """`euler_ancestral` on a rectified flow, where x = (1 - s) latent + s noise."""
    for i, (sigma, following) in enumerate(pairwise(sigmas.tolist())):
        denoised = denoise(x, sigma)
        on_step(i, x, denoised)
        if following == 0:
            x = denoised
            continue
        down, scale, up = ancestral_flow(sigma, following, eta)
        x = euler_step(x, denoised, sigma, down)
        if eta > 0:
            x = (scale * x).add(noise(sigma, following), alpha=s_noise * up)
    return x


def ddpm(denoise: Denoise, x: Tensor, sigmas: Tensor, noise: Noise, on_step: OnStep = ignore) -> Tensor:
    """DDPM's reverse process (Ho et al. 2020, equations 7 and 11) on x / sqrt(1 + s^2), its own scale."""
    for i, (sigma, following) in enumerate(pairwise(sigmas.tolist())):
        denoised = denoise(x, sigma)
        on_step(i, x, denoised)
        bar, bar_after = 1 / (sigma**2 + 1), 1 / (following**2 + 1)
        alpha = bar / bar_after
        scaled = x * math.sqrt(bar)
        scaled = (scaled - slope(x, denoised, sigma) * ((1 - alpha) / math.sqrt(1 - bar))) / math.sqrt(alpha)
        if following > 0:
            scaled = scaled.add(noise(sigma, following), alpha=math.sqrt((1 - alpha) * (1 - bar_after) / (1 - bar)))
        x = scaled / math.sqrt(bar_after)
    return x


def lcm(denoise: Denoise, x: Tensor, sigmas: Tensor, noise: Noise, on_step: OnStep = ignore) -> Tensor:
    """Multistep consistency sampling: denoise, noise again to the next level (Luo et al. 2023, algorithm 3)."""
    for i, (sigma, following) in enumerate(pairwise(sigmas.tolist())):
        denoised = denoise(x, sigma)
        on_step(i, x, denoised)
        x = denoised.add(noise(sigma, following), alpha=following) if following > 0 else denoised
    return x


def lcm_growing(
    denoise: Denoise,
    x: Tensor,
    sigmas: Tensor,
    draw: Callable[[Tensor], Tensor],
    on_step: OnStep = ignore,
    *,
    scale: float,
    steps: int = -1,
    method: str = "bislerp",
) -> Tensor:
    """`lcm` on latents that grow to `scale` times their size, by as much at each of the first steps.

    draw: unit normal noise in the shape of a tensor; steps: at how many, below 0 for half of them. ComfyUI draws in the
    order in which latents lie in memory, and a batch scaled by bislerp lies there channels last from then on.
    """
    count = min(steps, len(sigmas)) if steps >= 0 else max(len(sigmas) // 2, 1)
    turned = method == "bislerp" and count > 0 and x.ndim == 4 and len(x) > 1
    layout = torch.channels_last if turned else torch.contiguous_format
    height, width = x.shape[-2:]
    for i, (sigma, following) in enumerate(pairwise(sigmas.tolist())):
        denoised = denoise(x, sigma)
        on_step(i, x, denoised)
        x = denoised
        if i < count:
            now = 1.0 + (i + 1) * ((scale - 1.0) / count)
            x = resized(x, round(width * now), round(height * now), method)
        x = x.contiguous(memory_format=layout)
        if following > 0:
            x = x.add(draw(x), alpha=following)
    return x


def lcm_flow(denoise: Denoise, x: Tensor, sigmas: Tensor, noise: Noise, on_step: OnStep = ignore) -> Tensor:
    """`lcm` on a rectified flow."""
    for i, (sigma, following) in enumerate(pairwise(sigmas.tolist())):
        denoised = denoise(x, sigma)
        on_step(i, x, denoised)
        x = denoised.lerp(noise(sigma, following), following) if following > 0 else denoised
    return x


def gradient_estimation(
    denoise: Denoise, x: Tensor, sigmas: Tensor, on_step: OnStep = ignore, *, gamma: float = 2.0
) -> Tensor:
    """Euler along an extrapolated slope: d + (gamma - 1)(d - d_before) (Permenter and Yuan 2024, algorithm 2)."""
    before: Tensor | None = None
    for i, (sigma, following) in enumerate(pairwise(sigmas.tolist())):
        denoised = denoise(x, sigma)
        on_step(i, x, denoised)
        if following == 0:
            return denoised
        d = slope(x, denoised, sigma)
        bent = d if before is None else d + (gamma - 1) * (d - before)
        x = x.add(bent, alpha=following - sigma)
        before = d
    return x
