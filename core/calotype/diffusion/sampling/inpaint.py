"""Denoising a part: what the mask leaves out stays as it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from calotype.diffusion.sampling.parameterization import ModelSampling
from calotype.diffusion.sampling.regions import repeated
from calotype.diffusion.sampling.table import Denoiser


@dataclass(frozen=True, eq=False, slots=True)
class Inpainting:
    """A denoiser under a mask.

    Before each evaluation, what lies outside of the mask is the known latent at that noise level; after it, the known
    latent itself (the replacement method, Lugmayr et al. 2022, equation 8). mask: like the latents, 1 inside.
    at: the mask at a noise level, where it changes over the run.
    """

    denoise: Denoiser
    sampling: ModelSampling
    latent: Tensor
    noise: Tensor
    mask: Tensor
    at: Callable[[Tensor, float], Tensor] | None = None

    def __call__(self, x: Tensor, sigma: float) -> Tensor:
        """See `Denoiser`."""
        mask = self._mask(sigma)
        return self._outside(self.denoise(self._entered(x, sigma, mask), sigma), mask)

    def both(self, x: Tensor, sigma: float) -> tuple[Tensor, Tensor]:
        """See `Denoiser`. The negative estimate is not masked."""
        mask = self._mask(sigma)
        guided, negative = self.denoise.both(self._entered(x, sigma, mask), sigma)
        return self._outside(guided, mask), negative

    def _mask(self, sigma: float) -> Tensor:
        return self.mask if self.at is None else self.at(self.mask, sigma)

    def _entered(self, x: Tensor, sigma: float, mask: Tensor) -> Tensor:
        return self.sampling.noised(self.latent, self.noise, sigma).lerp(x, mask)

    def _outside(self, estimate: Tensor, mask: Tensor) -> Tensor:
        return self.latent.lerp(estimate, mask)


def fit_mask(mask: Tensor, shape: tuple[int, ...], device: torch.device) -> Tensor:
    """A noise mask for latents of `shape`. mask: (H, W), (B, H, W) or (B, 1, H, W), of any size; resized smoothly."""
    if len(shape) == 5:
        frames = mask.reshape(1, 1, -1, *mask.shape[-2:]) if mask.ndim < 5 else mask
        resized = torch.nn.functional.interpolate(frames.float(), size=shape[2:], mode="trilinear")
    else:
        pictures = mask.reshape(-1, 1, *mask.shape[-2:]).float()
        resized = torch.nn.functional.interpolate(pictures, size=shape[2:], mode="bilinear")
    return repeated(resized, shape[0]).expand(*shape[:1], shape[1], *shape[2:]).to(device)
