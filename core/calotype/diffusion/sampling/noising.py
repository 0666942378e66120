"""Latents brought to a noise level, without sampling."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from calotype.diffusion.sampling.noise import Draws
from calotype.diffusion.sampling.run import Sampleable, in_models_units, initial_noise
from calotype.types import Latent


@torch.no_grad()
def noised_latent(denoiser: Sampleable, latent: Latent, sigmas: Tensor, seed: int, adds: bool = True) -> Latent:
    """The latent at the level of the first sigma less the last; at the only one, where there is one.

    adds: False for no noise, which leaves a latent as it is but for the units of a flow.
    """
    level = float((sigmas[0] - sigmas[-1]).abs() if len(sigmas) > 1 else sigmas[0])
    clean = in_models_units(denoiser, latent)
    draws = Draws.of(latent, clean.shape, seed, denoiser.device)
    noisy = denoiser.sampling.noised(clean, initial_noise(draws, adds), level)
    return replace(latent, samples=denoiser.latent.out_of_model(noisy).cpu())
