"""Nodes that make latents, change their size, and say where they are to be denoised."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, NamedTuple

from calotype.node import Context, Input, Node
from calotype.types import BatchOnly, Image, Latent, Mask, Vae
from calotype_nodes.scaling import Crop, LatentScaleMethod, scaled, wanted_size

CELL = 8  # pixels


class EmptyLatent(Node, category="latent"):
    """Start from nothing: latents for pictures of a size, to be filled with noise by a sampler."""

    width: int = Input(default=512, ge=16, le=16384, step=8, multiple_of=8, doc="Of the picture, in pixels.")
    height: int = Input(default=512, ge=16, le=16384, step=8, multiple_of=8, doc="Of the picture, in pixels.")
    batch_size: int = Input(default=1, ge=1, le=4096)
    only: BatchOnly = Input(default=-1, ge=-1, le=4095, doc="Which image of the batch to make alone; -1 makes all.")

    def run(self) -> Latent:
        """Zeros, 8 times smaller than the picture."""
        import torch

        shape = (4, cells(self.height, "height"), cells(self.width, "width"))
        if self.only >= self.batch_size:
            raise ValueError(f"only is {self.only}, but a batch of {self.batch_size} ends at {self.batch_size - 1}")
        if self.only < 0:
            return Latent(torch.zeros(self.batch_size, *shape))
        return Latent(torch.zeros(1, *shape), indices=(self.only,), total=self.batch_size)


class LatentScale(Node, category="latent"):
    """Scale latents to the size of a picture."""

    latent: Latent
    width: int = Input(default=512, ge=0, le=16384, step=8, doc="In pixels; 0 keeps the proportions.")
    height: int = Input(default=512, ge=0, le=16384, step=8, doc="In pixels; 0 keeps the proportions.")
    method: LatentScaleMethod = "nearest-exact"
    crop: Crop = Input(default="none", doc="center: cut off what does not fit the new proportions.")
    least: int = Input(default=8, ge=8, le=512, step=8, doc="No side becomes shorter, in pixels.")

    def run(self) -> Latent:
        """Scale them, to whole cells."""
        x = self.latent.samples
        if self.width == self.height == 0:
            return self.latent
        width, height = (max(self.least, side) if side else 0 for side in (self.width, self.height))
        size = wanted_size(width, height, x.shape[-1], x.shape[-2])
        wide, high = (max(self.least, side) // CELL for side in size)
        return replace(self.latent, samples=scaled(x, wide, high, self.method, self.crop))


class LatentScaleBy(Node, category="latent"):
    """Scale latents by a factor."""

    latent: Latent
    factor: float = Input(default=1.5, ge=0.01, le=8, step=0.01)
    method: LatentScaleMethod = "nearest-exact"

    def run(self) -> Latent:
        """Scale them, to whole cells."""
        x = self.latent.samples
        width, height = (max(1, round(side * self.factor)) for side in (x.shape[-1], x.shape[-2]))
        return replace(self.latent, samples=scaled(x, width, height, self.method))


class SetLatentNoiseMask(Node, category="latent"):
    """Let samplers change latents only where a mask says so."""

    latent: Latent
    mask: Mask

    def run(self) -> Latent:
        """Attach the mask; samplers scale it to the latents."""
        return replace(self.latent, noise_mask=self.mask.values)


class VAEEncodeForInpaint(Node, category="latent"):
    """Encode pictures to be painted anew inside a mask: grey inside, and denoised there only."""

    image: Image
    mask: Mask
    vae: Vae
    grow: int = Input(default=6, ge=0, le=64, doc="By how many pixels the mask is widened for denoising.")

    def run(self, ctx: Context) -> Latent:
        """Grey out, encode, and attach the widened mask."""
        from calotype_nodes.inpainting import greyed

        pixels, mask = greyed(self.image.pixels[..., :3], self.mask.values, self.grow)
        with ctx.load(self.vae) as autoencoder:
            return Latent(autoencoder.encode(pixels).cpu(), mask)


class LatentSize(NamedTuple):
    """Of the pictures that latents stand for, in pixels, and their number."""

    width: int
    height: int
    batch_size: int


class GetLatentSize(Node, category="latent"):
    """Tell the size of the pictures that latents stand for, and their number."""

    latent: Latent

    def run(self) -> LatentSize:
        """Look at the shape."""
        x = self.latent.samples
        return LatentSize(x.shape[-1] * CELL, x.shape[-2] * CELL, x.shape[0])


class LatentFlip(Node, category="latent"):
    """Turn latents over: upside down, or left to right."""

    latent: Latent
    direction: Literal["vertical", "horizontal"] = "horizontal"

    def run(self) -> Latent:
        """Flip them."""
        return replace(self.latent, samples=self.latent.samples.flip(-2 if self.direction == "vertical" else -1))


class LatentRotate(Node, category="latent"):
    """Turn latents clockwise by quarters of a circle."""

    latent: Latent
    degrees: Literal[0, 90, 180, 270] = 90

    def run(self) -> Latent:
        """Turn them."""
        return replace(self.latent, samples=self.latent.samples.rot90(self.degrees // 90, (-1, -2)))


class LatentCrop(Node, category="latent"):
    """Cut a rectangle out of latents."""

    latent: Latent
    x: int = Input(default=0, ge=0, le=16384, step=8, doc="In pixels, as the other sizes.")
    y: int = Input(default=0, ge=0, le=16384, step=8)
    width: int = Input(default=512, ge=8, le=16384, step=8, multiple_of=8)
    height: int = Input(default=512, ge=8, le=16384, step=8, multiple_of=8)
    least: int = Input(
        default=8,
        ge=8,
        le=512,
        step=8,
        doc="Begin no nearer than this to the right and the bottom; what a smaller latent lacks counts from there.",
    )

    def run(self) -> Latent:
        """Cut; what would lie outside is left out. Raises ValueError where nothing is left."""
        old, least = self.latent.samples, self.least // CELL
        left, top = (min(at // CELL, n - least) for at, n in ((self.x, old.shape[-1]), (self.y, old.shape[-2])))
        wide, high = cells(self.width, "width"), cells(self.height, "height")
        cut = old[..., top : top + high, left : left + wide]
        if not cut.numel():
            sides = f"{old.shape[-1] * CELL} x {old.shape[-2] * CELL}"
            raise ValueError(
                f"nothing is left of a latent of {sides} pixels, of which the last {self.least} are kept out"
            )
        return replace(self.latent, samples=cut.clone())


def cells(pixels: int, name: str) -> int:
    """A side in latent cells. Raises ValueError if the pixels are no multiple of 8."""
    if pixels % CELL:
        near = max(CELL, round(pixels / CELL) * CELL)
        raise ValueError(f"{name} is {pixels}, and has to be a multiple of {CELL}; {near} is the nearest")
    return pixels // CELL
