"""The garbage collector, kept from looking at structures that are still being built."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

SELDOM = 10_000  # new objects between collections of the youngest; Python's own 700 suits smaller heaps


@contextmanager
def seldom() -> Iterator[None]:
    """Fewer collections within the block, for work that makes many objects and little garbage."""
    before = gc.get_threshold()
    gc.set_threshold(max(before[0], SELDOM) if before[0] else 0, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def at_rest() -> Iterator[None]:
    """No collections within the block.

    Building a graph or a plan makes many objects and no garbage; collections meanwhile only look at all of them again
    and again, which costs a third of the time at 10,000 nodes.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def building_up() -> Iterator[None]:
    """No collections within the block, and afterwards none that look at what it made.

    For the main line of a process alone, around what it keeps to its end: modules, tables, settings.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def going_away() -> None:
    """The process ends: the interpreter need not look for cycles among what goes with it anyway."""
    gc.freeze()
