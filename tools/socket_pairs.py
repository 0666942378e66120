"""Which socket types fit into which, as the engine says, for the editor's tests: `web/tests/fixtures/sockets.json`."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

from calotype import sockets

PLACE = Path(__file__).parents[1] / "web" / "tests" / "fixtures" / "sockets.json"
TYPES: tuple[Any, ...] = (
    "int",
    "float",
    "str",
    "bool",
    "None",
    "Any",
    "Json",
    "Image",
    "Mask",
    {"choice": ["a", "b"]},
    {"choice": ["a", "b", "c"]},
    {"choice": [1, 2]},
    {"list": "Image"},
    {"list": {"var": "T", "bound": None}},
    {"union": ["Image", "Mask"]},
    {"union": ["Image", "None"]},
    {"union": ["int", "float"]},
    {"var": "T", "bound": None},
    {"var": "T", "bound": {"union": ["Image", "Mask"]}},
)


def pairs() -> list[dict[str, Any]]:
    """Every pair: source, target, and the variables that are bound after it, or null."""
    found = []
    for source, target in itertools.product(TYPES, TYPES):
        if "var" in json.dumps(source):
            continue  # a source is free of variables
        for bound in ({}, {"T": "Image"}):
            known = {name: sockets.from_json(one) for name, one in bound.items()}
            after = sockets.fit(sockets.from_json(source), sockets.from_json(target), known)
            said = None if after is None else {name: sockets.to_json(one) for name, one in after.items()}
            found.append({"source": source, "target": target, "bound": bound, "after": said})
    return found


def text() -> str:
    """The file, one pair a line."""
    return "[\n" + ",\n".join(json.dumps(p) for p in pairs()) + "\n]\n"


if __name__ == "__main__":
    PLACE.write_text(text(), encoding="utf-8")
