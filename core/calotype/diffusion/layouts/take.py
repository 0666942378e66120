"""How one tensor of a module is taken from a file: by name, and as which view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from calotype.diffusion.header import TensorInfo


@dataclass(frozen=True, slots=True)
class Take:
    """A tensor in a file, seen as a module wants it; always a view, never a copy.

    third: 0, 1 or 2 for that third of the rows (a joined q, k, v projection); squeeze: drop trailing axes of length 1
    (a 1x1 convolution as a matrix); transpose: swap the two axes.
    """

    source: TensorInfo
    third: int | None = None
    squeeze: bool = False
    transpose: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape after taking."""
        shape = self.source.shape
        if self.third is not None:
            shape = (shape[0] // 3, *shape[1:])
        if self.squeeze:
            shape = shape[:2]
        return shape[::-1] if self.transpose else shape


Takes = Mapping[str, Take]
"""Tensor of a module -> where it comes from."""


def renamed(name: str, modules: Mapping[str, str]) -> str | None:
    """`name` with its longest dotted prefix that is a key of `modules` replaced; None when there is none."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        target = modules.get(".".join(parts[:length]))
        if target is not None:
            return ".".join([target, *parts[length:]])
    return None
