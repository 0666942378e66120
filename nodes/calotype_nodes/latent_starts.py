"""Nodes that start from nothing for other families, and say which noise the images of a batch get."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal, NamedTuple

from calotype.node import Input, Node
from calotype.types import BatchOnly, Latent
from calotype_nodes.latent_batches import Draws
from calotype_nodes.latents import cells


class EmptySD3Latent(Node, category="latent"):
    """Start from nothing, for models whose latents have 16 channels (SD 3, FLUX.1, Qwen-Image, Z-Image)."""

    width: int = Input(default=1024, ge=16, le=16384, step=16, multiple_of=8, doc="Of the picture, in pixels.")
    height: int = Input(default=1024, ge=16, le=16384, step=16, multiple_of=8, doc="Of the picture, in pixels.")
    batch_size: int = Input(default=1, ge=1, le=4096)
    only: BatchOnly = Input(default=-1, ge=-1, le=4095, doc="Which image of the batch to make alone; -1 makes all.")

    def run(self) -> Latent:
        """Zeros, 8 times smaller than the picture."""
        return nothing(16, cells(self.height, "height"), cells(self.width, "width"), self.batch_size, self.only)


class EmptyFlux2Latent(Node, category="latent"):
    """Start from nothing, for FLUX.2, whose latents have 128 channels in cells of 16 pixels."""

    width: int = Input(default=1024, ge=16, le=16384, step=16, multiple_of=16, doc="Of the picture, in pixels.")
    height: int = Input(default=1024, ge=16, le=16384, step=16, multiple_of=16, doc="Of the picture, in pixels.")
    batch_size: int = Input(default=1, ge=1, le=4096)
    only: BatchOnly = Input(default=-1, ge=-1, le=4095, doc="Which image of the batch to make alone; -1 makes all.")

    def run(self) -> Latent:
        """Zeros, 16 times smaller than the picture."""
        return nothing(128, self.height // 16, self.width // 16, self.batch_size, self.only)


class Sides(NamedTuple):
    """Of a picture, in pixels."""

    width: int
    height: int


class PictureSize(Node, category="latent"):
    """Work out the sides of a picture from its proportions and a number of pixels."""

    proportions: Literal["1:1", "3:2", "4:3", "16:9", "21:9", "2:3", "3:4", "9:16"] = "1:1"
    megapixels: float = Input(default=1.0, ge=0.1, le=16, step=0.1, doc="Of 1024 x 1024 pixels.")
    multiple: int = Input(default=8, ge=1, le=128, doc="Both sides are rounded to it.")

    def run(self) -> Sides:
        """Round to the nearest."""
        wide, high = map(int, self.proportions.split(":"))
        unit = math.sqrt(self.megapixels * 1024 * 1024 / (wide * high))
        return Sides(*(round(part * unit / self.multiple) * self.multiple for part in (wide, high)))


class LatentBatchSeeds(Node, category="latent/batch"):
    """Let the images of a batch have the same noise, or each its own."""

    latent: Latent
    seeds: Literal["own", "same"] = Input(default="same", doc="same: all have that of the first.")
    draws: Draws = Input(default="together", doc="apart: the same noise at the start alone.")

    def run(self) -> Latent:
        """Say which noise each draws."""
        if self.seeds == "own":
            return replace(self.latent, indices=None, total=None, apart=False)
        first = self.latent.indices[0] if self.latent.indices else 0
        count = self.latent.samples.shape[0]
        return replace(self.latent, indices=(first,) * count, apart=self.draws == "apart")


def nothing(channels: int, height: int, width: int, batch_size: int, only: int) -> Latent:
    """Zeros for a batch, or for one image of it. Raises ValueError when the batch has no such image."""
    import torch

    if only >= batch_size:
        raise ValueError(f"only is {only}, but a batch of {batch_size} ends at {batch_size - 1}")
    if only < 0:
        return Latent(torch.zeros(batch_size, channels, height, width))
    return Latent(torch.zeros(1, channels, height, width), indices=(only,), total=batch_size)
