"""An upscale model at work: whole pictures in tiles, smaller ones when memory does not suffice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from calotype.diffusion.kinds import UPSCALER
from calotype.diffusion.network import OneNetwork
from calotype.diffusion.tiles import spans, tiled
from calotype.pool.relief import Relief

LEAST_TILE = 128  # pixels a side; tiles are not halved below it
HOST_FULL = "DefaultCPUAllocator: can't allocate memory"  # a plain RuntimeError of torch, known by its words alone
Progress = Callable[[int, int], None]
"""Told (tiles done, tiles in all). May raise, which ends the work."""


def unheard(done: int, total: int) -> None:
    """A `Progress` for nobody."""


class Upscaler(OneNetwork):
    """A network that enlarges pictures by a whole factor, on its device.

    Responsibilities: pictures to larger pictures, in tiles that overlap and are blended; half the tile when memory
    does not suffice. Knows its `scale`.
    """

    relief: Relief | None = None

    def __init__(self, descriptor: Any, device: torch.device) -> None:
        """descriptor: spandrel's `ImageModelDescriptor`, on the device in float32."""
        self.family = UPSCALER
        self.descriptor = descriptor
        self.module = descriptor.model
        self.device = device
        self.scale = int(descriptor.scale)

    def calls(self) -> Iterator[tuple[Any, str]]:
        """What computes with them: objects and names of their methods."""
        yield self, "_enlarged"

    @torch.no_grad()
    def upscale(self, pixels: Tensor, tile: int = 512, overlap: int = 32, progress: Progress = unheard) -> Tensor:
        """pixels: (B, H, W, 3) in 0..1. Returns (B, H * scale, W * scale, 3) in 0..1, on the pixels' device.

        tile: pixels a side of what is computed at once; overlap: pixels that neighbours share. Raises
        torch.OutOfMemoryError when not even a tile of LEAST_TILE pixels can be computed.
        """
        x = pixels[..., :3].movedim(-1, 1)
        if self._takes_whole():
            tile = max(tile, *x.shape[2:])
        while True:
            try:
                return self._tiled(x, tile, min(overlap, tile // 4), progress).movedim(1, -1).contiguous()
            except RuntimeError as error:
                if not _no_memory(error) or tile // 2 < LEAST_TILE:
                    raise
            tile //= 2
            if self.device.type == "cuda":
                torch.cuda.empty_cache()

    def _takes_whole(self) -> bool:
        """Whether the network looks at the whole picture, or cuts it into tiles itself."""
        return self.descriptor.tiling.name == "INTERNAL"

    def _tiled(self, x: Tensor, tile: int, overlap: int, progress: Progress) -> Tensor:
        total, done = len(x) * len(list(spans(tuple(x.shape[2:]), (tile, tile), overlap))), 0

        def one(part: Tensor) -> Tensor:
            nonlocal done
            found = self._enlarged(part)
            done += 1
            progress(done, total)
            return found

        return tiled(x, one, (tile, tile), overlap, self.scale, 3).clamp_(0, 1)

    def _enlarged(self, part: Tensor) -> Tensor:
        """(1, 3, h, w) to (1, 3, h * scale, w * scale), for networks of grey pictures too."""
        grey = self.descriptor.input_channels == 1
        given = part.mean(1, keepdim=True) if grey else part
        found: Tensor = self.descriptor(given.to(self.device, torch.float32))
        return found.expand(-1, 3, -1, -1)


def _no_memory(error: RuntimeError) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or HOST_FULL in str(error)
