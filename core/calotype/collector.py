"""The garbage collector, kept from looking at structures that are still being built."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


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
