"""Links of the editor's format, in both forms that it has."""

from __future__ import annotations

from typing import Any, NamedTuple

EDGE_IN, EDGE_OUT = -10, -20  # the ids of a subgraph's two edges
MOST_SLOTS = 1000


class Link(NamedTuple):
    """From an output to an input, by position."""

    origin: int | str
    origin_slot: int
    target: int | str
    target_slot: int


def links_of(said: Any) -> dict[int | str, Link]:
    """Links by id: of lists `[id, origin, slot, target, slot, type]`, or of objects."""
    found: dict[int | str, Link] = {}
    for one in said if isinstance(said, list) else ():
        row: list[Any] = one[:5] if isinstance(one, list) else []
        if isinstance(one, dict):
            row = [one.get(key) for key in KEYS]
        if len(row) == 5 and all(_is_id(v) for v in row) and _is_slot(row[2]) and _is_slot(row[4]):
            found[row[0]] = Link(*row[1:])
    return found


KEYS = ("id", "origin_id", "origin_slot", "target_id", "target_slot")


def _is_id(value: Any) -> bool:
    return isinstance(value, (int, str)) and not isinstance(value, bool)


def _is_slot(value: Any) -> bool:
    return isinstance(value, int) and 0 <= value < MOST_SLOTS
