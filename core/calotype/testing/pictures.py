"""Toy nodes with small pictures."""

from __future__ import annotations

from calotype.node import Input, Node
from calotype.types import Image, Mask


class MakeImage(Node, category="toy"):
    """A small picture of one colour."""

    size: int = Input(default=4, ge=1, le=4096)
    value: float = Input(default=0.5, ge=0, le=1)
    batch: int = Input(default=1, ge=1, le=64)

    def run(self) -> Image:
        """(batch, size, size, 3)."""
        import torch

        return Image(torch.full((self.batch, self.size, self.size, 3), self.value))


class MakeMask(Node, category="toy"):
    """A small mask of one value."""

    size: int = Input(default=4, ge=1, le=4096)
    value: float = Input(default=1.0, ge=0, le=1)

    def run(self) -> Mask:
        """(1, size, size)."""
        import torch

        return Mask(torch.full((1, self.size, self.size), self.value))


class PassImage(Node, category="toy"):
    """Gives the same picture on, without a copy."""

    image: Image

    def run(self) -> Image:
        """The picture."""
        return self.image


class Brighter(Node, category="toy"):
    """A picture with an amount added."""

    image: Image
    amount: float = Input(default=0.1, ge=-1, le=1)

    def run(self) -> Image:
        """A new picture, in 0 to 1."""
        return Image((self.image.pixels + self.amount).clamp(0, 1))


class Mutate(Node, category="toy"):
    """Breaks the rule: changes the picture that it was given."""

    image: Image

    def run(self) -> Image:
        """The input, changed in place."""
        self.image.pixels.add_(0.25)
        return self.image
