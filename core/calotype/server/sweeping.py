"""What runs that were sent together have different: the axes of a sweep, found in the documents themselves."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from calotype.workflow.document import SUBGRAPH

LONGEST_ROW = 8  # cells of a grid of one axis
Place = tuple[str, str]  # path of the node, input
Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Axis:
    """An input that differs. place: its public name, or "node.input"; values: in the order of their first run."""

    place: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """Axes from the slowest to the fastest, and for each document its values by place."""

    axes: tuple[Axis, ...]
    cells: tuple[dict[str, Any], ...]

    @property
    def columns(self) -> int:
        """The values of the fastest axis; a single long axis is folded."""
        if not self.axes:
            return 1
        longest = len(self.axes[-1].values)
        return math.ceil(math.sqrt(longest)) if len(self.axes) == 1 and longest > LONGEST_ROW else longest

    def label(self, cell: Mapping[str, Any]) -> str:
        """What is special of a cell, a line for each axis."""
        return "\n".join(f"{a.place} {shown(cell[a.place])}" for a in self.axes)


def grid(documents: Sequence[Document]) -> Grid:
    """The axes in which documents of one workflow differ, in the order in which they were counted through."""
    found = [dict(_values(d)) for d in documents]
    places = dict.fromkeys(place for values in found for place in values)
    changes = {p: n for p in places if (n := _first_change([v.get(p) for v in found])) is not None}
    ordered = sorted(changes, key=lambda p: -changes[p])  # what changes last is the outermost loop
    names = {p: _name(documents[0], p) for p in ordered}
    axes = tuple(Axis(names[p], _distinct([v.get(p) for v in found])) for p in ordered)
    return Grid(axes, tuple({names[p]: v.get(p) for p in ordered} for v in found))


def shown(value: Any) -> str:
    """A value in a label; a file by its name."""
    if isinstance(value, Mapping):
        return str(value.get("file", value))
    return "" if value is None else str(value)


def _values(document: Document) -> Iterator[tuple[Place, Any]]:
    bodies = [("", document), *((f"{SUBGRAPH}{n}/", s) for n, s in document.get("subgraphs", {}).items())]
    for prefix, body in bodies:
        for id, node in body.get("nodes", {}).items():
            for name, value in node.get("inputs", {}).items():
                yield (prefix + id, name), value


def _name(document: Document, place: Place) -> str:
    for name, said in document.get("inputs", {}).items():
        if (said.get("node"), said.get("input")) == place:
            return str(name)
    return ".".join(place)


def _first_change(values: Sequence[Any]) -> int | None:
    return next((i for i, value in enumerate(values) if value != values[0]), None)


def _distinct(values: Sequence[Any]) -> tuple[Any, ...]:
    return tuple({orjson.dumps(v, option=orjson.OPT_SORT_KEYS): v for v in values}.values())
