"""Autoencoders between pictures and latents. Kingma and Welling 2013; Rombach et al. 2022, section 3.1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor


class Autoencoder:
    """A KL autoencoder.

    Responsibilities: pictures (B, H, W, 3) in 0..1 to latents (B, C, H / 8, W / 8) in its own units, and back; in one
    piece or in tiles that overlap.
    """

    def __init__(self, family: str, module: Any, device: torch.device, dtype: torch.dtype) -> None:
        self.family = family
        self.module = module
        self.device = device
        self.dtype = dtype
        self.factor = 2 ** (len(module.config.block_out_channels) - 1)

    def tensors(self) -> Iterator[Tensor]:
        """Every tensor that it holds."""
        yield from self.module.parameters()
        yield from self.module.buffers()

    @torch.no_grad()
    def encode(self, pixels: Tensor) -> Tensor:
        """The mean of the posterior for each picture, cropped about its centre to whole cells; float32, its device."""
        (top, height), (left, width) = (
            (n % self.factor // 2, n // self.factor * self.factor) for n in pixels.shape[1:3]
        )
        x = pixels[:, top : top + height, left : left + width, :3].movedim(-1, 1)
        x = x.to(self.device, self.dtype, memory_format=torch.contiguous_format) * 2 - 1
        moments = self.module.quant_conv(self._half("encoder", x)) if self._quantised else self._half("encoder", x)
        return moments.chunk(2, dim=1)[0].to(pixels.device, torch.float32).contiguous()

    @torch.no_grad()
    def decode(self, samples: Tensor) -> Tensor:
        """The pictures of latents, clamped to 0..1; float32 on the samples' device."""
        x = samples.to(self.device, self.dtype)
        x = self.module.post_quant_conv(x) if self.module.post_quant_conv is not None else x
        pixels = self._half("decoder", x).float().add_(1).div_(2).clamp_(0, 1)
        return pixels.movedim(1, -1).to(samples.device).contiguous()

    @property
    def _quantised(self) -> bool:
        return self.module.quant_conv is not None

    def _half(self, side: str, x: Tensor) -> Tensor:
        return getattr(self.module, side)(x)
