"""Autoencoders between pictures and latents. Kingma and Welling 2013; Rombach et al. 2022, section 3.1."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from calotype.diffusion.network import OneNetwork
from calotype.diffusion.tiles import three_ways
from calotype.pool.relief import TILED, Relief

TILES = (512, 256, 128, 64, 32)  # pixels a side, when memory does not suffice for the whole; below 128 it shows


class Autoencoder(OneNetwork):
    """A KL autoencoder.

    Responsibilities: pictures (B, H, W, 3) in 0..1 to latents (B, C, H / 8, W / 8) in its own units, and back; in one
    piece or in tiles that overlap.
    """

    relief: Relief | None = None
    makes_videos = False

    def __init__(self, family: str, module: Any, device: torch.device, dtype: torch.dtype) -> None:
        self.family = family
        self.module = module
        self.device = device
        self.dtype = dtype
        self.factor = 2 ** (len(module.config.block_out_channels) - 1)

    @property
    def channels(self) -> int:
        """Of its latents."""
        return int(self.module.config.latent_channels)

    def calls(self) -> Iterator[tuple[Any, str]]:
        """What computes with them: objects and names of their methods."""
        yield self, "_encode"
        yield self, "_decode"

    @torch.no_grad()
    def encode(self, pixels: Tensor) -> Tensor:
        """The mean of the posterior for each picture, cropped about its centre to whole cells; float32, its device."""
        return relieved(self, "encode", pixels, self._whole_mean, self.encode_tiled)

    def _whole_mean(self, pixels: Tensor) -> Tensor:
        """`encode` in one piece."""
        return self._encode(self._centred(pixels)).to(pixels.device).contiguous()

    @torch.no_grad()
    def decode(self, samples: Tensor) -> Tensor:
        """The pictures of latents, clamped to 0..1; float32, their device. Raises ValueError for those of others."""
        self._refuse_others(samples)
        return relieved(self, "decode", samples, self._whole, self.decode_tiled)

    def _whole(self, samples: Tensor) -> Tensor:
        """`decode` in one piece."""
        return self._pictures(self._decode(samples)).to(samples.device).contiguous()

    @torch.no_grad()
    def encode_tiled(self, pixels: Tensor, tile: int = 512, overlap: int = 64) -> Tensor:
        """`encode` in tiles of about `tile` pixels; memory does not grow with the picture.

        overlap: in pixels, less than the half of a tile.
        """
        overlap = min(overlap, tile // 2 - self.factor)
        return three_ways(self._centred(pixels), self._encode, tile, overlap, 1 / self.factor, self.channels)

    @torch.no_grad()
    def decode_tiled(self, samples: Tensor, tile: int = 512, overlap: int = 64) -> Tensor:
        """`decode` in tiles of about `tile` pixels; memory does not grow with the picture."""
        self._refuse_others(samples)
        cells, shared = tile // self.factor, min(overlap, tile // 4) // self.factor
        pixels = three_ways(samples, self._decode, cells, shared, self.factor, 3)
        return self._pictures(pixels).contiguous()

    def _centred(self, pixels: Tensor) -> Tensor:
        """(B, H, W, 3) to (B, 3, h, w), sides cut about the centre to whole cells. Raises ValueError: too small."""
        high, wide = pixels.shape[1:3]
        if min(high, wide) < self.factor:
            raise ValueError(
                f"a picture of {wide} x {high} pixels is smaller than the {self.factor} x {self.factor} of one cell of "
                "this VAE's latents; scale it up first"
            )
        (top, height), (left, width) = (
            (n % self.factor // 2, n // self.factor * self.factor) for n in pixels.shape[1:3]
        )
        return pixels[:, top : top + height, left : left + width, :3].movedim(-1, 1)

    def _refuse_others(self, samples: Tensor) -> None:
        """Raise ValueError for latents that another kind of autoencoder made."""
        if samples.ndim != 4 and not self.makes_videos:
            raise ValueError(
                "these are latents of a video, and this VAE is for pictures; take that of the video's model"
            )
        if samples.shape[1] != self.channels:
            raise ValueError(
                f"these latents have {samples.shape[1]} channels, this VAE's have {self.channels}; take the VAE of the "
                "model that made them"
            )

    def _encode(self, x: Tensor) -> Tensor:
        """x: (B, 3, h, w) in 0..1. The posterior's mean, float32.

        Pictures stay in memory as they are, channels last, all the way: the norms of groups round otherwise then, as
        they do in ComfyUI.
        """
        x = x.to(self.device, self.dtype) * 2 - 1
        moments = self.module.encoder(x)
        if self.module.quant_conv is not None:
            moments = self.module.quant_conv(moments)
        return moments.chunk(2, dim=1)[0].float()

    def _decode(self, samples: Tensor) -> Tensor:
        """samples: (B, C, h, w). Pixels (B, 3, H, W) about -1..1, float32."""
        x = samples.to(self.device, self.dtype)
        x = self.module.post_quant_conv(x) if self.module.post_quant_conv is not None else x
        return self.module.decoder(x).float()

    def _pictures(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) about -1..1 to (B, H, W, 3) in 0..1."""
        return (x + 1).div_(2).clamp_(0, 1).movedim(1, -1)


def relieved(
    vae: Autoencoder, what: str, x: Tensor, whole: Callable[[Tensor], Tensor], tiled: Callable[[Tensor, int], Tensor]
) -> Tensor:
    """`whole(x)`, or in tiles, smaller and smaller ones, when memory does not suffice and somebody keeps account of it.

    Raises torch.OutOfMemoryError when not even the smallest can be computed.
    """
    relief, shape = vae.relief, f"{what} {list(x.shape)}"
    if relief is None:
        return whole(x)
    before = relief.remembered(TILED, shape)
    largest = int(before) if before else _longest(vae, what, x) - 1  # a tile as large as the picture is the picture
    tiles = [side for side in TILES if side // 4 >= vae.factor and side <= largest]
    ways: list[tuple[str, Callable[[Tensor], Tensor]]] = [] if before else [("", whole)]
    ways += [(str(side), lambda x, side=side: tiled(x, side)) for side in tiles]  # type: ignore[misc]
    for last, (side, way) in zip([False] * (len(ways) - 1) + [True], ways, strict=True):
        try:
            made = way(x)
        except torch.OutOfMemoryError:
            if last:
                raise
            continue
        if side:
            relief.took(TILED, shape, side)
        return made
    raise AssertionError("there is always a way to try")


def _longest(vae: Autoencoder, what: str, x: Tensor) -> int:
    """The longer side in pixels of pictures that are encoded, or of what latents are decoded to."""
    return max(x.shape[1:3]) if what == "encode" else max(x.shape[-2:]) * vae.factor
