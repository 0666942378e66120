"""What every sampler speaks of: the denoiser as a function, noise, steps; and the formulas that many share.

Noise levels are Python floats and tensors are latents in the model's units, (B, C, H, W) or (B, C, T, H, W).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

Denoise = Callable[[Tensor, float], Tensor]
"""D(x; sigma): the guided estimate of the clean latent."""

DenoiseBoth = Callable[[Tensor, float], tuple[Tensor, Tensor]]
"""The guided estimate, and the negative prompt's alone."""

Noise = Callable[[float, float], Tensor]
"""Unit normal noise for the step from one level to a lower one."""

OnStep = Callable[[int, Tensor, Tensor], None]
"""Told (index of the step, x before it, the estimate at x). May raise, which ends the sampling."""


def ignore(index: int, x: Tensor, denoised: Tensor) -> None:
    """An `OnStep` for nobody."""


def slope(x: Tensor, denoised: Tensor, sigma: float) -> Tensor:
    """dx/dsigma = (x - D(x; sigma)) / sigma of the probability-flow ODE (Karras et al. 2022, equation 3)."""
    return (x - denoised).div_(sigma)


def euler_step(x: Tensor, denoised: Tensor, sigma: float, following: float) -> Tensor:
    """x + (following - sigma) * slope, in this order: its rounding is seen from levels in the thousands (zero SNR)."""
    return slope(x, denoised, sigma).mul_(following - sigma).add_(x)


def ancestral(sigma: float, following: float, eta: float = 1.0) -> tuple[float, float]:
    """(down, up): step to the level down, then add noise of deviation up, to arrive at `following`.

    up = min(following, eta sqrt(following^2 (sigma^2 - following^2) / sigma^2)); down^2 + up^2 = following^2
    (Song et al. 2021, equation 16, in variance-exploding units). eta: 0 (none) to 1 (as much as DDPM).
    """
    if not eta:
        return following, 0.0
    start, end = single(sigma), single(following)
    up = torch.minimum(end, eta * (end**2 * (start**2 - end**2) / start**2).clamp(min=0).sqrt())
    return float((end**2 - up**2).clamp(min=0).sqrt()), float(up)


def middle(sigma: float, following: float, share: float = 0.5) -> float:
    """The level at a share of the way in lambda = -log sigma."""
    start, end = half_log_snr(sigma), half_log_snr(following)
    return float((start + share * (end - start)).neg().exp())


def geometric_mean(a: float, b: float) -> float:
    """sqrt(a b), by the mean of the logarithms."""
    return float(single(a).log().lerp(single(b).log(), 0.5).exp())


def ancestral_flow(sigma: float, following: float, eta: float = 1.0) -> tuple[float, float, float]:
    """(down, scale, up) on a rectified flow: step to the level down, scale x, then add noise of deviation up.

    down = following (1 + eta (following / sigma - 1)); scale and up restore the shares of latent and noise.
    """
    down = following * (1 + (following / sigma - 1) * eta)
    scale = (1 - following) / (1 - down)
    return down, scale, math.sqrt(max(following**2 - (down * scale) ** 2, 0.0))


def half_log_snr(sigma: float) -> Tensor:
    """lambda = -log sigma: half the log signal-to-noise ratio in variance-exploding units. A number, as a tensor."""
    return single(sigma).log().neg()


def single(value: float) -> Tensor:
    """A number in single precision.

    Levels between steps are computed in it because a denoiser is told the nearest trained timestep: with evenly spaced
    schedules they often lie exactly between two, and the rounding of the last bit decides which it is.
    """
    return torch.tensor(value, dtype=torch.float32)
