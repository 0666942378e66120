"""Nodes that start from nothing for other families, and say which noise the images of a batch get."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from calotype.node import Input, Node
from calotype.types import BatchOnly, Latent
from calotype_nodes.latents import cells


class EmptySD3Latent(Node, category="latent"):
    """Start from nothing, for models whose latents have 16 channels (SD 3, FLUX.1, Qwen-Image, Z-Image)."""

    width: int = Input(default=1024, ge=16, le=16384, step=16, doc="Of the picture, in pixels; a multiple of 8.")
    height: int = Input(default=1024, ge=16, le=16384, step=16, doc="Of the picture, in pixels; a multiple of 8.")
    batch_size: int = Input(default=1, ge=1, le=4096)
    only: BatchOnly = Input(default=-1, ge=-1, le=4095, doc="Which image of the batch to make alone; -1 makes all.")

    def run(self) -> Latent:
        """Zeros, 8 times smaller than the picture."""
        return nothing(16, cells(self.height, "height"), cells(self.width, "width"), self.batch_size, self.only)


class EmptyFlux2Latent(Node, category="latent"):
    """Start from nothing, for FLUX.2, whose latents have 128 channels in cells of 16 pixels."""

    width: int = Input(default=1024, ge=16, le=16384, step=16, doc="Of the picture, in pixels; a multiple of 16.")
    height: int = Input(default=1024, ge=16, le=16384, step=16, doc="Of the picture, in pixels; a multiple of 16.")
    batch_size: int = Input(default=1, ge=1, le=4096)
    only: BatchOnly = Input(default=-1, ge=-1, le=4095, doc="Which image of the batch to make alone; -1 makes all.")

    def run(self) -> Latent:
        """Zeros, 16 times smaller than the picture."""
        return nothing(128, self.height // 16, self.width // 16, self.batch_size, self.only)


class LatentBatchSeeds(Node, category="latent/batch"):
    """Let the images of a batch have the same noise, or each its own."""

    latent: Latent
    seeds: Literal["own", "same"] = Input(default="same", doc="same: all have that of the first.")

    def run(self) -> Latent:
        """Say which noise each draws."""
        if self.seeds == "own":
            return replace(self.latent, indices=None, total=None)
        first = self.latent.indices[0] if self.latent.indices else 0
        return replace(self.latent, indices=(first,) * self.latent.samples.shape[0])


def nothing(channels: int, height: int, width: int, batch_size: int, only: int) -> Latent:
    """Zeros for a batch, or for one image of it. Raises ValueError when the batch has no such image."""
    import torch

    if only >= batch_size:
        raise ValueError(f"only is {only}, but a batch of {batch_size} ends at {batch_size - 1}")
    if only < 0:
        return Latent(torch.zeros(batch_size, channels, height, width))
    return Latent(torch.zeros(1, channels, height, width), indices=(only,), total=batch_size)
