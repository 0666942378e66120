"""How one tensor of a module is taken from a file: by name, and as which view."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from calotype.diffusion.header import TensorInfo


@dataclass(frozen=True, slots=True)
class Take:
    """A tensor in a file, seen as a module wants it; a view, but for `swap`.

    rows: only these, from the first to before the last (of joined projections); squeeze: drop trailing axes of length 1
    (a 1x1 convolution as a matrix); transpose: swap the two axes; swap: exchange the two halves of the rows (scale and
    shift, whose order differs). scale: a number that the stored values are to be multiplied by, from the same file.
    """

    source: TensorInfo
    rows: tuple[int, int] | None = None
    squeeze: bool = False
    transpose: bool = False
    swap: bool = False
    scale: TensorInfo | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape after taking."""
        shape = self.source.shape
        if self.rows is not None:
            shape = (self.rows[1] - self.rows[0], *shape[1:])
        if self.squeeze:
            shape = shape[:2]
        return shape[::-1] if self.transpose else shape

    @property
    def share(self) -> float:
        """Which part of the stored tensor is taken, 0 to 1."""
        return 1.0 if self.rows is None else (self.rows[1] - self.rows[0]) / max(1, self.source.shape[0])


Takes = Mapping[str, Take]
"""Tensor of a module -> where it comes from."""

Tensors = Mapping[str, TensorInfo]
"""The tensors of one part of a file, by their names there, without the part's prefix."""

TakesOf = Callable[[Tensors], dict[str, Take]]
"""A layout: from a file's names to a module's."""


def split(info: TensorInfo, names: Iterable[str], sizes: Iterable[int] | None = None) -> dict[str, Take]:
    """A joined tensor as several, along its rows: equal parts, or parts of the given sizes."""
    named = list(names)
    lengths = list(sizes) if sizes is not None else [info.shape[0] // len(named)] * len(named)
    ends = [sum(lengths[: i + 1]) for i in range(len(named))]
    return {n: Take(info, rows=(e - length, e)) for n, e, length in zip(named, ends, lengths, strict=True)}


def takes_named(tensors: Tensors) -> dict[str, Take]:
    """The tensors of a file that has the module's own names."""
    return {name: Take(info) for name, info in tensors.items()}


def takes_renamed(tensors: Tensors, modules: Mapping[str, str]) -> dict[str, Take]:
    """The tensors under new names of their modules, see `renamed`; those without one are left out."""
    named = ((renamed(name, modules), info) for name, info in tensors.items())
    return {name: Take(info) for name, info in named if name is not None}


def renamed(name: str, modules: Mapping[str, str]) -> str | None:
    """`name` with its longest dotted prefix that is a key of `modules` replaced; None when there is none."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        target = modules.get(".".join(parts[:length]))
        if target is not None:
            return ".".join([target, *parts[length:]])
    return None


def count(names: Iterable[str], row: str) -> int:
    """How many members a numbered row of modules has: `row`.0 ... `row`.N-1."""
    place = row.count(".") + 1
    found = (int(n.split(".")[place]) for n in names if n.startswith(row + "."))
    return 1 + max(found, default=-1)
