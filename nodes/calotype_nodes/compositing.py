"""Nodes that lay pictures, latents and masks over one another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from calotype.node import Input, Node
from calotype.types import Image, Latent, Mask
from calotype_nodes.batches import matched, pasted, same_channels
from calotype_nodes.latents import CELL
from calotype_nodes.scaling import scaled

if TYPE_CHECKING:
    from torch import Tensor

MaskOperation = Literal["multiply", "add", "subtract", "and", "or", "xor"]


class ImageComposite(Node, category="image/compositing"):
    """Lay one picture on another, where a mask says so."""

    under: Image
    over: Image
    mask: Mask | None = Input(default=None, doc="1 shows what lies over; without one all of it is laid.")
    x: int = Input(default=0, ge=-16384, le=16384, doc="Where the left upper corner comes to lie, in pixels.")
    y: int = Input(default=0, ge=-16384, le=16384)
    scale: bool = Input(default=False, doc="Scale the upper picture to the size of the lower one first.")

    def run(self) -> Image:
        """Lay it."""
        under = self.under.pixels
        over = same_channels(self.over.pixels, under.shape[-1]).movedim(-1, 1)
        if self.scale:
            over = scaled(over, under.shape[2], under.shape[1], "bilinear")
        mask = None if self.mask is None else self.mask.values
        return Image(pasted(under.movedim(-1, 1), over, mask, self.x, self.y).movedim(1, -1).contiguous())


class LatentComposite(Node, category="latent/compositing"):
    """Lay one latent on another, with soft edges or where a mask says so."""

    under: Latent
    over: Latent
    mask: Mask | None = Input(default=None, doc="1 shows what lies over; without one all of it is laid.")
    x: int = Input(default=0, ge=-16384, le=16384, step=8, doc="Where the left upper corner comes to lie, in pixels.")
    y: int = Input(default=0, ge=-16384, le=16384, step=8)
    feather: int = Input(default=0, ge=0, le=16384, step=8, doc="Over how many pixels inner edges fade out.")
    scale: bool = Input(default=False, doc="Scale the upper latent to the size of the lower one first.")

    def run(self) -> Latent:
        """Lay it."""
        from calotype_nodes.mask_filters import faded

        under, over = self.under.samples, self.over.samples
        if self.scale:
            over = scaled(over, under.shape[-1], under.shape[-2], "bilinear")
        left, top = self.x // CELL, self.y // CELL
        mask = None if self.mask is None else self.mask.values
        if self.feather >= CELL and mask is None:
            mask = faded(under, over, left, top, self.feather // CELL)
        return replace(self.under, samples=pasted(under, over, mask, left, top))


class MaskCombine(Node, category="mask"):
    """Combine two masks, the second one laid on the first."""

    mask: Mask
    other: Mask
    operation: MaskOperation = "multiply"
    x: int = Input(default=0, ge=0, le=16384, doc="Where the left upper corner of the second comes to lie, in pixels.")
    y: int = Input(default=0, ge=0, le=16384)

    def run(self) -> Mask:
        """Combine where both are; `and`, `or`, `xor` take a half or more for 1."""
        out, other = self.mask.values.clone(), self.other.values[:, None]
        other = matched(other, other[:1].expand(len(out), -1, -1, -1))[:, 0]
        first = out[:, self.y : self.y + other.shape[1], self.x : self.x + other.shape[2]]  # a view
        second = other[:, : first.shape[1], : first.shape[2]]
        first.copy_(combined(first, second, self.operation))
        return Mask(out)


class JoinAlpha(Node, category="image/compositing"):
    """Make pictures transparent where a mask is 1."""

    image: Image
    mask: Mask
    batch: Literal["pictures", "fewest"] = Input(
        default="pictures", doc="pictures: masks are repeated for all of them; fewest: as many as there are of both."
    )

    def run(self) -> Image:
        """Add the transparency; the mask is scaled to the pictures."""
        import torch

        planes = self.image.pixels.movedim(-1, 1)
        if self.batch == "fewest":
            planes = planes[: len(self.mask.values)]
        mask = scaled(self.mask.values[:, None], planes.shape[-1], planes.shape[-2], "bilinear")
        alpha = 1 - matched(mask, planes[:, :1])
        return Image(torch.cat([planes[:, :3], alpha], 1).movedim(1, -1).contiguous())


class Split(NamedTuple):
    """Colours, and where they are transparent."""

    image: Image
    mask: Mask


class SplitAlpha(Node, category="image/compositing"):
    """Take the transparency of pictures off as a mask, which is 1 where they are transparent."""

    image: Image

    def run(self) -> Split:
        """Take it off; pictures without any give an empty mask."""
        pixels = same_channels(self.image.pixels, 4)
        return Split(Image(pixels[..., :3].contiguous()), Mask(1 - pixels[..., 3]))


def combined(first: Tensor, second: Tensor, operation: MaskOperation) -> Tensor:
    """Two masks of one shape in one, in 0..1; `and`, `or`, `xor` take a half or more for 1."""
    yes, too = first.round().bool(), second.round().bool()
    match operation:
        case "multiply":
            return first * second
        case "add":
            return (first + second).clamp(0, 1)
        case "subtract":
            return (first - second).clamp(0, 1)
        case "and":
            return (yes & too).float()
        case "or":
            return (yes | too).float()
    return (yes ^ too).float()
