"""ControlNets of U-Nets. Zhang et al. 2023."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

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


class UnionControlModel(ControlModel):
    """A ControlNet of SDXL for several kinds of hints; `facts["mode"]` says which it gets, nothing for any.

    Responsibilities: as its kind; the kind is told to the network.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """See `SteeringModel`."""
        super().__init__(*args, **kwargs)
        if "mode" not in self.facts:  # what is learnt about a kind is added to no hint
            self.module.spatial_ch_projs = Nothing()

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
        """See `ControlModel.residuals`."""
        mode = self.facts.get("mode")
        kinds = torch.zeros(x.shape[0], self.module.config.num_control_type, device=self.device)
        if mode is not None:
            kinds[:, mode] = 1
        down, middle = self.module(
            x.to(self.device, self.dtype),
            timestep.to(self.device),
            tokens.to(self.device, self.dtype),
            [hint.to(self.device, self.dtype)],
            control_type=kinds,
            control_type_idx=[mode or 0],
            conditioning_scale=strength,
            added_cond_kwargs=added(self, x, pooled, options or {}),
            return_dict=False,
        )
        return ControlResiduals(tuple(down), middle)


class Nothing(nn.Module):
    """Zeros in place of what it is given."""

    def forward(self, x: Tensor) -> Tensor:
        """Of x's shape."""
        return torch.zeros_like(x)
