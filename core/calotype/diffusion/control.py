"""ControlNets: networks that steer a U-Net by a picture. Zhang et al. 2023."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from calotype.diffusion.sizes import added


@dataclass(frozen=True, slots=True)
class ControlResiduals:
    """What is added inside a U-Net: to its skip connections, outermost first, and to its middle."""

    down: tuple[Tensor, ...]
    middle: Tensor

    def __add__(self, other: ControlResiduals) -> ControlResiduals:
        """Several ControlNets at work together."""
        down = tuple(a + b for a, b in zip(self.down, other.down, strict=True))
        return ControlResiduals(down, self.middle + other.middle)


class ControlModel:
    """A ControlNet on its device.

    Responsibilities: residuals for one step from a noisy latent, its timestep, the prompt's tokens and the hint.
    """

    def __init__(self, family: str, module: nn.Module, device: torch.device, dtype: torch.dtype) -> None:
        self.family = family
        self.module: Any = module
        self.device = device
        self.dtype = dtype

    def tensors(self) -> Iterator[Tensor]:
        """Every tensor that it holds."""
        yield from self.module.parameters()
        yield from self.module.buffers()

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
