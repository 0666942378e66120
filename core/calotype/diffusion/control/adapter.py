"""T2I-Adapters: small networks that look at a picture once and steer every step alike. Mou et al. 2023."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from calotype.diffusion.control.base import ControlResiduals, SteeringModel


class AdapterModel(SteeringModel):
    """A T2I-Adapter.

    Responsibilities: features of a hint, one for each level of a U-Net; grey for adapters that read one channel.
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
        """hint: (B, 3, 8h, 8w), 0..1. What is added is the same at every step, whatever the other arguments are."""
        features = self.once(hint, self._features)
        return ControlResiduals(inner=tuple(f * strength for f in features))

    def _features(self, hint: Tensor) -> list[Tensor]:
        grey = self.module.config.in_channels == 1
        given = hint.mean(1, keepdim=True) if grey else hint
        even = evened(given, int(self.module.adapter.unshuffle.downscale_factor))
        return list(self.module(even.to(self.device, self.dtype)))


def evened(hint: Tensor, cell: int) -> Tensor:
    """A hint whose sides are multiples of `cell`: as ComfyUI does, resized to the next ones."""
    sides = [-(-side // cell) * cell for side in hint.shape[-2:]]
    if sides == list(hint.shape[-2:]):
        return hint
    return torch.nn.functional.interpolate(hint, size=sides, mode="nearest-exact")
