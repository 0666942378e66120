"""Where things lie on the canvas: positions of nodes, groups and notes as frames."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

Shift = tuple[int, int]
FARTHEST = 10_000_000  # pixels


def place_of(node: Mapping[str, Any], shift: Shift) -> tuple[int, int] | None:
    """The position of a node, moved by `shift`; None where it has none."""
    pair = _pair(node.get("pos"))
    return None if pair is None else (pair[0] + shift[0], pair[1] + shift[1])


def frame_of_group(group: Mapping[str, Any], shift: Shift) -> dict[str, Any] | None:
    """A group as a frame; None where it has no bounds."""
    bounds = group.get("bounding")
    corner, size = (_pair(bounds[:2]), _pair(bounds[2:])) if isinstance(bounds, list) else (None, None)
    if corner is None or size is None:
        return None
    return _frame(group.get("title"), (corner[0] + shift[0], corner[1] + shift[1]), size, group.get("color"))


def frame_of_note(node: Mapping[str, Any], shift: Shift) -> dict[str, Any]:
    """A note as a frame with a text."""
    values = node.get("widgets_values")
    text = values[0] if isinstance(values, list) and values and isinstance(values[0], str) else ""
    frame = _frame(node.get("title"), place_of(node, shift) or shift, _pair(node.get("size")) or (200, 100), None)
    return {**frame, "text": text}


def _frame(title: Any, corner: tuple[int, int], size: tuple[int, int], colour: Any) -> dict[str, Any]:
    frame = {"title": title if isinstance(title, str) else "", "x": corner[0], "y": corner[1]}
    frame |= {"w": size[0], "h": size[1]}
    return {**frame, "colour": colour} if isinstance(colour, str) else frame


def _pair(said: Any) -> tuple[int, int] | None:
    """Two numbers, from a list or from an object with the keys 0 and 1."""
    if isinstance(said, dict):
        said = [said.get("0"), said.get("1")]
    if not isinstance(said, list) or len(said) != 2:
        return None
    numbers = [round(n) for n in said if isinstance(n, (int, float)) and isfinite(n) and abs(n) < FARTHEST]
    return (numbers[0], numbers[1]) if len(numbers) == 2 else None
