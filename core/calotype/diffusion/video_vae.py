"""Autoencoders of videos: Wan 2.1 and 2.2, and Qwen-Image, whose pictures are videos of one frame."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from calotype.diffusion.tiles import three_ways
from calotype.diffusion.vae import Autoencoder

FRAMES = 4  # that a latent frame stands for, but for the first, which stands for one


class VideoAutoencoder(Autoencoder):
    """A causal video autoencoder.

    Responsibilities: pictures (B, H, W, 3) in 0..1 to latents (B, C, h, w), each by itself, as every autoencoder does;
    videos (T, H, W, 3) to latents (1, C, 1 + (T - 1) / 4, h, w); and both back.
    """

    makes_videos = True

    def __init__(self, family: str, module: Any, device: torch.device, dtype: torch.dtype) -> None:
        self.family = family
        self.module = module
        self.device = device
        self.dtype = dtype
        self.factor = int(module.config.scale_factor_spatial)

    @property
    def channels(self) -> int:
        """See `Autoencoder`."""
        return int(self.module.config.z_dim)

    @torch.no_grad()
    def encode_video(self, pixels: Tensor) -> Tensor:
        """The latents of a video (T, H, W, 3): (1, C, 1 + (T - 1) / 4, h, w), float32.

        Frames that begin a group of four without filling it are left out at the end.
        """
        kept = 1 + (len(pixels) - 1) // FRAMES * FRAMES
        video = self._centred(pixels[:kept]).movedim(0, 1)[None]
        return self._encode(video).to(pixels.device).contiguous()

    @torch.no_grad()
    def encode_tiled(self, pixels: Tensor, tile: int = 512, overlap: int = 64) -> Tensor:
        """See `Autoencoder`."""
        overlap = min(overlap, tile // 4)
        return three_ways(self._centred(pixels), self._encode, tile, overlap, 1 / self.factor, self.channels)

    @torch.no_grad()
    def _whole(self, samples: Tensor) -> Tensor:
        """The pictures of latents (B, C, h, w), or the frames of videos (B, C, T, h, w), one video after the other."""
        return self._pictures(_frames(self._decode(samples))).to(samples.device).contiguous()

    @torch.no_grad()
    def decode_tiled(self, samples: Tensor, tile: int = 512, overlap: int = 64) -> Tensor:
        """See `Autoencoder`; a tile has all frames, so that only memory in space is bounded."""
        self._refuse_others(samples)
        if samples.ndim == 4:
            samples = samples[:, :, None]
        channels, frames = samples.shape[1:3]
        made = 3 * (1 + (frames - 1) * FRAMES)

        def decoded(cut: Tensor) -> Tensor:
            return self._decode(cut.unflatten(1, (channels, frames))).flatten(1, 2)

        cells, shared = tile // self.factor, min(overlap, tile // 4) // self.factor
        pixels = three_ways(samples.flatten(1, 2), decoded, cells, shared, self.factor, made)
        return self._pictures(_frames(pixels.unflatten(1, (3, -1)))).contiguous()

    def _encode(self, x: Tensor) -> Tensor:
        """x: (B, 3, h, w) or (B, 3, T, h, w) in 0..1. The posterior's mean, float32."""
        whole = x.to(self.device, self.dtype) * 2 - 1
        mean = self.module.encode(whole if x.ndim == 5 else whole[:, :, None]).latent_dist.mode()
        return (mean if x.ndim == 5 else mean[:, :, 0]).float()

    def _decode(self, samples: Tensor) -> Tensor:
        """samples: (B, C, h, w) or (B, C, T, h, w). Pixels of as many dimensions about -1..1, float32."""
        whole = samples.to(self.device, self.dtype)
        pixels = self.module.decode(whole if samples.ndim == 5 else whole[:, :, None], return_dict=False)[0]
        return (pixels if samples.ndim == 5 else pixels[:, :, 0]).float()


def _frames(x: Tensor) -> Tensor:
    """(B, 3, T, H, W) as (B T, 3, H, W); pictures as they are."""
    return x.movedim(2, 1).flatten(0, 1) if x.ndim == 5 else x
