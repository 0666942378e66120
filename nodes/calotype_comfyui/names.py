"""Ids, names of outputs and literals as a document may hold them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from math import isfinite
from typing import Any

FOREIGN = re.compile(r"[^A-Za-z0-9_-]")
LONGEST = 200  # characters of an id


def ids_of(theirs: Iterable[str]) -> dict[str, str]:
    """Ids as a document may have them; the same wherever that is possible: "5" stays, "76:67" becomes "76_67"."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for id in theirs:
        plain = FOREIGN.sub("_", id)[:LONGEST]
        plain = plain if plain and not plain.startswith("-") else f"_{plain}"
        unique, count = plain, 1
        while unique in taken:
            count += 1
            unique = f"{plain}_{count}"
        taken.add(unique)
        found[id] = unique
    return found


def literal(value: Any) -> Any:
    """A literal as a document may hold it. Whole numbers are said without a point, objects inside {"value": ...}."""
    if isinstance(value, float):
        if not isfinite(value):
            return None
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(v, (dict, list)) for v in value)):
        return {"value": value}
    return value
