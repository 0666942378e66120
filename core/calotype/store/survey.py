"""What a result weighs in memory, and whether it is worth keeping on disk whatever it cost."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from calotype.types import Artifact, FileRef, Recipe

Storage = tuple[str, int]  # device, address

SMALL = 256  # bytes: what an object without bytes of its own is counted as
PLAIN = frozenset({type(None), bool, int, float})


@dataclass(slots=True)
class Survey:
    """bytes: without tensors; storages: bytes of each distinct tensor storage; lasting: it has files or recipes.

    Changed while it is made only.
    """

    bytes: int = 0
    storages: dict[Storage, int] = field(default_factory=dict)
    lasting: bool = False


def survey(outputs: Mapping[str, Any]) -> Survey:
    """Look through the values of a result. Views of one storage count once, with the whole storage that they hold."""
    if PLAIN.issuperset(map(type, outputs.values())):
        return _of_numbers(len(outputs))
    seen = Survey(bytes=SMALL * (1 + len(outputs)))
    for value in outputs.values():
        if type(value) not in PLAIN:
            _look(value, seen)
    return seen


@cache
def _of_numbers(count: int) -> Survey:
    """What a result weighs that is nothing but so many numbers."""
    return Survey(bytes=SMALL * (1 + count))


def _look(value: Any, seen: Survey) -> None:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if type(one) in PLAIN:
            seen.bytes += 32
        elif isinstance(one, (str, bytes, bytearray)):
            seen.bytes += sys.getsizeof(one)
        elif isinstance(one, (list, tuple, set, frozenset)):
            seen.bytes += sys.getsizeof(one)
            waiting.extend(one)
        elif isinstance(one, Mapping):
            seen.bytes += SMALL
            waiting.extend(one.values())
        elif hasattr(one, "untyped_storage"):
            storage = one.untyped_storage()
            seen.storages[str(storage.device), storage.data_ptr()] = storage.nbytes()
        elif isinstance(one, (Recipe, FileRef)):
            seen.bytes += SMALL
            seen.lasting = True
        elif hasattr(one, "__dataclass_fields__") and not isinstance(one, type):
            seen.lasting |= isinstance(one, Artifact)
            waiting.extend(getattr(one, name) for name in one.__dataclass_fields__ if hasattr(one, name))
        else:
            seen.bytes += max(int(getattr(one, "nbytes", 0)), SMALL)
