"""Nodes that grow and shrink what is light, and that take lightness and colour apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from calotype.node import Input, Node
from calotype.types import Image

if TYPE_CHECKING:
    from torch import Tensor

Operation = Literal["erode", "dilate", "open", "close", "gradient", "bottom_hat", "top_hat"]
BLUE, RED = 0.564, 0.713  # of ITU-R BT.601: what the differences from the lightness are scaled by
GREEN = (0.114 / 0.587 / BLUE, 0.299 / 0.587 / RED)  # what the scaled differences take from green


class ImageMorphology(Node, category="image/filter"):
    """Let what is light grow or shrink, by squares of pixels."""

    image: Image
    operation: Operation = "erode"
    size: int = Input(default=3, ge=3, le=999, doc="Side of the square, in pixels.")

    def run(self) -> Image:
        """Change every channel by itself."""
        planes = self.image.pixels.movedim(-1, 1)
        return Image(changed(planes, self.operation, self.size).movedim(1, -1).contiguous())


class Planes(NamedTuple):
    """Lightness, and how blue and how red it is, each as a grey picture."""

    y: Image
    u: Image
    v: Image


class ImageToYUV(Node, category="image/colour"):
    """Take pictures apart into lightness and two differences of colour (ITU-R BT.601)."""

    image: Image

    def run(self) -> Planes:
        """A grey picture of each; 0.5 is no difference."""
        r, g, b = self.image.pixels[..., :3].unbind(-1)
        y = 0.299 * r + 0.587 * g + 0.114 * b
        return Planes(*(Image(grey(plane)) for plane in (y, (b - y) * BLUE + 0.5, (r - y) * RED + 0.5)))


class ImageFromYUV(Node, category="image/colour"):
    """Put pictures together from lightness and two differences of colour (ITU-R BT.601)."""

    y: Image
    u: Image
    v: Image

    def run(self) -> Image:
        """The inverse of `ImageToYUV`; of pictures with colours their mean counts."""
        import torch

        y, u, v = (one.pixels.mean(-1) for one in (self.y, self.u, self.v))
        blue, red = u - 0.5, v - 0.5
        rgb = (y + red * (1 / RED), y - GREEN[1] * red - GREEN[0] * blue, y + blue * (1 / BLUE))
        return Image(torch.stack(rgb, -1).clamp(0, 1))


def grey(plane: Tensor) -> Tensor:
    """A plane (B, H, W) as pixels (B, H, W, 3)."""
    return plane[..., None].expand(-1, -1, -1, 3).contiguous()


def changed(x: Tensor, operation: Operation, size: int) -> Tensor:
    """x (B, C, H, W) after an operation of mathematical morphology with a square of ones (Serra 1982)."""
    match operation:
        case "erode":
            return eroded(x, size)
        case "dilate":
            return dilated(x, size)
        case "open":
            return dilated(eroded(x, size), size)
        case "close":
            return eroded(dilated(x, size), size)
        case "gradient":
            return dilated(x, size) - eroded(x, size)
        case "bottom_hat":
            return eroded(dilated(x, size), size) - x
    return x - dilated(eroded(x, size), size)


def dilated(x: Tensor, size: int) -> Tensor:
    """The lightest value in the square about each place; an even one reaches further to the right and the bottom."""
    return lightest(x, size, (size - 1) // 2)


def eroded(x: Tensor, size: int) -> Tensor:
    """The darkest value in the square about each place; an even one reaches further to the left and the top."""
    return -lightest(-x, size, size // 2)


def lightest(x: Tensor, size: int, before: int) -> Tensor:
    """The greatest value of squares that begin `before` places to the left and the top; nothing lies outside."""
    from torch.nn import functional

    around = functional.pad(x, (before, size - 1 - before) * 2, value=float("-inf"))
    return functional.max_pool2d(around, size, stride=1)
