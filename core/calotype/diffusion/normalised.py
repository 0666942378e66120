"""Latents whose channels have means and deviations of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from calotype.diffusion.latents import LatentFormat

if TYPE_CHECKING:
    from torch import Tensor

WAN_MEAN = (
    -0.7571, -0.7089, -0.9113, 0.1075, -0.1745, 0.9653, -0.1517, 1.5508,
    0.4134, -0.0715, 0.5517, -0.3632, -0.1922, -0.9497, 0.2503, -0.2921,
)  # fmt: skip
WAN_DEVIATION = (
    2.8184, 1.4541, 2.3275, 2.6558, 1.2196, 1.7708, 2.6052, 2.0743,
    3.2687, 2.1526, 2.8652, 1.5579, 1.6382, 1.1253, 2.8251, 1.9160,
)  # fmt: skip
"""Of the autoencoder of Wan 2.1, which Qwen-Image shares, over its makers' videos."""


@dataclass(frozen=True, slots=True)
class NormalisedLatents(LatentFormat):
    """A family's latents, normalised channel by channel. mean, deviation: in the autoencoder's units, one a channel."""

    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()

    def into_model(self, samples: Tensor) -> Tensor:
        """Latents as the denoiser sees them. samples: (B, C, ...) in the autoencoder's units."""
        return (samples - self._column(self.mean, samples)) / self._column(self.deviation, samples)

    def out_of_model(self, samples: Tensor) -> Tensor:
        """The inverse of `into_model`."""
        return samples * self._column(self.deviation, samples) + self._column(self.mean, samples)

    def _column(self, values: tuple[float, ...], like: Tensor) -> Tensor:
        return like.new_tensor(values).view(-1, *(1,) * (like.ndim - 2))
