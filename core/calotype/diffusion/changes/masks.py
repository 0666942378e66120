"""Noise masks that change over the run: differential diffusion. Levin and Fried 2023, algorithm 1."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from calotype.diffusion.sampling.hooks import MaskAt
from calotype.diffusion.sampling.parameterization import ModelSampling


def differential(strength: float = 1.0) -> MaskAt:
    """A place is denoised from the time on that its mask says: where the mask is at least the share of time left.

    strength: of this hard mask, against the mask itself.
    """

    def over(sampling: ModelSampling, sigmas: Tensor) -> Callable[[Tensor, float], Tensor]:
        last = max(float(sigmas[-1]), sampling.sigma_min)
        start, end = sampling.timestep(float(sigmas[0])), sampling.timestep(last)

        def at(mask: Tensor, sigma: float) -> Tensor:
            left = (sampling.timestep(sigma) - end) / (start - end) if start != end else 0.0
            hard = (mask >= torch.tensor(left, device=mask.device)).to(mask.dtype)
            return hard if not 0 < strength < 1 else strength * hard + (1 - strength) * mask

        return at

    return over
