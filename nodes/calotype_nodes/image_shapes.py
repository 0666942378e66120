"""Nodes that cut, pad, turn and batch pictures."""

from __future__ import annotations

from typing import Literal, NamedTuple

from calotype.node import Input, Node
from calotype.types import Image, Mask
from calotype_nodes.batches import fitted, same_channels
from calotype_nodes.colours import parse


class ImageCrop(Node, category="image/shape"):
    """Cut a rectangle out of pictures."""

    image: Image
    x: int = Input(default=0, ge=0, le=16384)
    y: int = Input(default=0, ge=0, le=16384)
    width: int = Input(default=512, ge=1, le=16384)
    height: int = Input(default=512, ge=1, le=16384)

    def run(self) -> Image:
        """Cut; what would lie outside is left out."""
        pixels = self.image.pixels
        left, top = min(self.x, pixels.shape[2] - 1), min(self.y, pixels.shape[1] - 1)
        return Image(pixels[:, top : top + self.height, left : left + self.width].clone())


class Padded(NamedTuple):
    """A larger picture, and where it is new."""

    image: Image
    mask: Mask


class ImagePad(Node, category="image/shape"):
    """Add space around pictures, to be painted. The mask is 1 in the space, and fades into the picture."""

    image: Image
    left: int = Input(default=0, ge=0, le=16384, step=8, doc="In pixels.")
    top: int = Input(default=0, ge=0, le=16384, step=8)
    right: int = Input(default=0, ge=0, le=16384, step=8)
    bottom: int = Input(default=0, ge=0, le=16384, step=8)
    feather: int = Input(default=40, ge=0, le=16384, doc="How far the mask fades into the picture, in pixels.")
    colour: str = Input(default="gray", doc="Of the space; gray is the very middle.")

    def run(self) -> Padded:
        """Pad them."""
        import torch

        from calotype_nodes.mask_filters import outpainting

        old = self.image.pixels
        height, width = old.shape[1] + self.top + self.bottom, old.shape[2] + self.left + self.right
        out = torch.ones(old.shape[0], height, width, old.shape[3])
        out[..., :3] = torch.tensor(parse(self.colour)) if self.colour != "gray" else 0.5
        out[:, self.top : self.top + old.shape[1], self.left : self.left + old.shape[2]] = old
        sides = (self.left, self.top, self.right, self.bottom)
        return Padded(Image(out), Mask(outpainting(old.shape[1], old.shape[2], sides, self.feather)[None]))


class ImageFlip(Node, category="image/shape"):
    """Turn pictures over: upside down, or left to right."""

    image: Image
    direction: Literal["vertical", "horizontal"] = "horizontal"

    def run(self) -> Image:
        """Flip them."""
        return Image(self.image.pixels.flip(1 if self.direction == "vertical" else 2))


class ImageRotate(Node, category="image/shape"):
    """Turn pictures clockwise by quarters of a circle."""

    image: Image
    degrees: Literal[0, 90, 180, 270] = 90

    def run(self) -> Image:
        """Turn them."""
        return Image(self.image.pixels.rot90(self.degrees // 90, (2, 1)).contiguous())


class ImageBatch(Node, category="image/batch"):
    """Put pictures behind one another in one batch."""

    images: tuple[Image | list[Image], ...] = Input(least=1, doc="Pictures, batches or lists of them, in order.")

    def run(self) -> Image:
        """Join them; others are scaled to the size of the first."""
        import torch

        every = [one.pixels for item in self.images for one in (item if isinstance(item, list) else [item])]
        channels = max(p.shape[-1] for p in every)
        planes = [same_channels(p, channels).movedim(-1, 1) for p in every]
        return Image(torch.cat([fitted(p, planes[0]) for p in planes]).movedim(1, -1).contiguous())


class ImageFromBatch(Node, category="image/batch"):
    """Take pictures out of a batch."""

    image: Image
    first: int = Input(default=0, ge=0, le=4095)
    count: int = Input(default=1, ge=1, le=4096)

    def run(self) -> Image:
        """Cut them out; a range that leaves the batch ends with it."""
        first = min(self.first, self.image.pixels.shape[0] - 1)
        return Image(self.image.pixels[first : first + self.count].clone())


class RepeatImageBatch(Node, category="image/batch"):
    """Repeat a batch of pictures."""

    image: Image
    times: int = Input(default=1, ge=1, le=4096)

    def run(self) -> Image:
        """Copy them, whole batch by whole batch."""
        return Image(self.image.pixels.repeat(self.times, 1, 1, 1))


class SplitImageBatch(Node, category="image/batch"):
    """Make a list of a batch, to map a subgraph over its pictures."""

    image: Image

    def run(self) -> list[Image]:
        """One picture each."""
        return [Image(one[None].clone()) for one in self.image.pixels]
