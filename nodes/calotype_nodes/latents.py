"""Nodes that make and change latents."""

from __future__ import annotations

from calotype.node import Input, Node
from calotype.types import BatchOnly, Latent


class EmptyLatent(Node, category="latent"):
    """Start from nothing: latents for pictures of a size, to be filled with noise by a sampler."""

    width: int = Input(default=512, ge=16, le=16384, step=8, doc="Of the picture, in pixels; a multiple of 8.")
    height: int = Input(default=512, ge=16, le=16384, step=8, doc="Of the picture, in pixels; a multiple of 8.")
    batch_size: int = Input(default=1, ge=1, le=4096)
    only: BatchOnly = Input(default=-1, ge=-1, le=4095, doc="Which image of the batch to make alone; -1 makes all.")

    def run(self) -> Latent:
        """Zeros, 8 times smaller than the picture."""
        import torch

        if self.width % 8 or self.height % 8:
            raise ValueError(f"{self.width} x {self.height}: width and height have to be multiples of 8")
        if self.only >= self.batch_size:
            raise ValueError(f"only is {self.only}, but a batch of {self.batch_size} ends at {self.batch_size - 1}")
        shape = (4, self.height // 8, self.width // 8)
        if self.only < 0:
            return Latent(torch.zeros(self.batch_size, *shape))
        return Latent(torch.zeros(1, *shape), indices=(self.only,), total=self.batch_size)
