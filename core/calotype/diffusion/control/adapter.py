"""T2I-Adapters: small networks that look at a picture once and steer every step alike. Mou et al. 2023."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from calotype.diffusion.control.base import ControlResiduals, SteeringModel


class AdapterModel(SteeringModel):
    """A T2I-Adapter.

    Responsibilities: features of a hint, one for each level of a U-Net; grey for adapters that read one channel.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """See `SteeringModel`."""
        super().__init__(*args, **kwargs)
        for part in self.module.modules():
            if isinstance(getattr(part, "downsample", None), nn.AvgPool2d):
                part.downsample = Halved()

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


class Halved(nn.Module):
    """Means of two by two places. An odd side gets zeros at both ends first: ComfyUI's half of it, not diffusers'."""

    def forward(self, x: Tensor) -> Tensor:
        """x: (B, C, h, w) to (B, C, ceil(h / 2), ceil(w / 2))."""
        return nn.functional.avg_pool2d(x, 2, padding=(x.shape[2] % 2, x.shape[3] % 2))


def evened(hint: Tensor, cell: int) -> Tensor:
    """A hint whose sides are multiples of `cell`: as ComfyUI does, resized to the next ones."""
    sides = [-(-side // cell) * cell for side in hint.shape[-2:]]
    if sides == list(hint.shape[-2:]):
        return hint
    return torch.nn.functional.interpolate(hint, size=sides, mode="nearest-exact")
