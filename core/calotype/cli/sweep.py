"""Sweeps: every combination of the values that were given."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from calotype.cli.usage import UsageError

MOST = 100_000  # cells
LONGEST_ROW = 8  # cells of a sheet of one axis


@dataclass(frozen=True, slots=True)
class Axis:
    """One input and its values. place: its public name, or "node.input"; files: whether they are files."""

    place: str
    values: tuple[Any, ...]
    files: bool = False


@dataclass(frozen=True, slots=True)
class Sweep:
    """Axes in the order of their loops: files outermost, so that each checkpoint is loaded once."""

    axes: tuple[Axis, ...]

    @classmethod
    def over(cls, axes: Sequence[Axis]) -> Sweep:
        """Order the axes. Raises UsageError for more cells than anybody can mean."""
        sweep = cls(tuple(sorted(axes, key=lambda a: not a.files)))
        if len(sweep) > MOST:
            raise UsageError(f"the sweep has {len(sweep)} cells; at most {MOST} are run")
        return sweep

    def __len__(self) -> int:
        return math.prod(len(a.values) for a in self.axes)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The values of every cell by place, the last axis fastest."""
        for values in itertools.product(*(a.values for a in self.axes)):
            yield {a.place: v for a, v in zip(self.axes, values, strict=True)}

    @property
    def moving(self) -> tuple[Axis, ...]:
        """The axes that have more than one value."""
        return tuple(a for a in self.axes if len(a.values) > 1)

    @property
    def columns(self) -> int:
        """Of a sheet of all cells: the values of the fastest axis that moves; a single long axis is folded."""
        if len(self.moving) == 1 and len(self) > LONGEST_ROW:
            return math.ceil(math.sqrt(len(self)))
        return len(self.moving[-1].values) if self.moving else 1

    def label(self, cell: dict[str, Any], between: str = ", ") -> str:
        """What is special of a cell: `cfg 4, seed 7`."""
        return between.join(f"{a.place} {shown(cell[a.place])}" for a in self.moving)


def shown(value: Any) -> str:
    """A value in a label or a table; a file by its name."""
    if isinstance(value, dict):
        return str(value.get("file", value))
    return str(value)
