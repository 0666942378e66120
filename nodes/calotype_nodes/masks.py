"""Nodes that make and change masks."""

from __future__ import annotations

from typing import Literal

from calotype.node import Input, Node
from calotype.types import Image, Mask


class InvertMask(Node, category="mask"):
    """Swap inside and outside."""

    mask: Mask

    def run(self) -> Mask:
        """One minus the mask."""
        return Mask(1.0 - self.mask.values)


class MaskFromImage(Node, category="mask"):
    """Take one channel of a picture as a mask."""

    image: Image
    channel: Literal["red", "green", "blue", "alpha"] = "red"

    def run(self) -> Mask:
        """The channel; a picture without transparency has an alpha of 1."""
        import torch

        index = ("red", "green", "blue", "alpha").index(self.channel)
        pixels = self.image.pixels
        if index >= pixels.shape[-1]:
            return Mask(torch.ones(pixels.shape[:3]))
        return Mask(pixels[..., index].clone())


class MaskToImage(Node, category="mask"):
    """Show a mask as a grey picture."""

    mask: Mask

    def run(self) -> Image:
        """Grey, white inside."""
        return Image(self.mask.values[..., None].expand(-1, -1, -1, 3).contiguous())


class SolidMask(Node, category="mask"):
    """A mask with one value everywhere."""

    width: int = Input(default=512, ge=1, le=16384)
    height: int = Input(default=512, ge=1, le=16384)
    value: float = Input(default=1.0, ge=0, le=1, step=0.01)

    def run(self) -> Mask:
        """Fill it."""
        import torch

        return Mask(torch.full((1, self.height, self.width), self.value))
