"""ControlNets of U-Nets. Zhang et al. 2023."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from calotype.diffusion.control.base import ControlResiduals, SteeringModel
from calotype.diffusion.sizes import added


class ControlModel(SteeringModel):
    """A ControlNet of a U-Net.

    Responsibilities: residuals for one step from a noisy latent, its timestep, the prompt's tokens and the hint.
    """

    @torch.no_grad()
    def residuals(
        self,
        x: Tensor,
        timestep: Tensor,
        tokens: Tensor,
        hint: Tensor,
        *,
        strength: float = 1.0,
        pooled: Tensor | None = None,
        options: Mapping[str, Any] | None = None,
        vae: Any = None,
    ) -> ControlResiduals:
        """x: (B, C, h, w), scaled as for the denoiser; timestep: (B,); tokens: (B, T, D); hint: (B, 3, 8h, 8w), 0..1.

        pooled: (B, P); options: sizes, as in `Denoiser.predict`.
        """
        down, middle = self.module(
            x.to(self.device, self.dtype),
            timestep.to(self.device),
            tokens.to(self.device, self.dtype),
            hint.to(self.device, self.dtype),
            conditioning_scale=strength,
            added_cond_kwargs=added(self, x, pooled, options or {}),
            return_dict=False,
        )
        return ControlResiduals(tuple(down), middle)
