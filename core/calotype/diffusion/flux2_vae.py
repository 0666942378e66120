"""FLUX.2's autoencoder: its latents come in patches of 2 x 2 cells, each number of unit variance."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from calotype.diffusion.tiles import three_ways
from calotype.diffusion.vae import Autoencoder


class Flux2Autoencoder(Autoencoder):
    """A KL autoencoder with statistics of its own latents.

    Responsibilities: pictures (B, H, W, 3) in 0..1 to latents (B, 4 C, H / 16, W / 16), normalised by the means and
    variances in its file, and back.
    """

    def __init__(self, family: str, module: Any, device: torch.device, dtype: torch.dtype) -> None:
        super().__init__(family, module, device, dtype)
        self.factor *= 2

    @property
    def channels(self) -> int:
        """See `Autoencoder`."""
        return 4 * super().channels

    @torch.no_grad()
    def encode_tiled(self, pixels: Tensor, tile: int = 512, overlap: int = 64) -> Tensor:
        """See `Autoencoder`."""
        overlap = min(overlap, tile // 4)
        return three_ways(self._centred(pixels), self._encode, tile, overlap, 1 / self.factor, self.channels)

    def _encode(self, x: Tensor) -> Tensor:
        cells = torch.nn.functional.pixel_unshuffle(super()._encode(x), 2)
        mean, deviation = self._statistics(cells)
        return (cells - mean) / deviation

    def _decode(self, samples: Tensor) -> Tensor:
        mean, deviation = self._statistics(samples)
        return super()._decode(torch.nn.functional.pixel_shuffle(samples * deviation + mean, 2))

    def _statistics(self, like: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation of each channel: (C, 1, 1), float32."""
        norm = self.module.bn
        mean = norm.running_mean.to(like.device, torch.float32)
        variance = norm.running_var.to(like.device, torch.float32)
        return mean[:, None, None], (variance + self.module.config.batch_norm_eps).sqrt()[:, None, None]
