"""What the memory manager says of what it does: to the logs, and to whoever runs the node that it is done for."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

What = Literal["loaded", "placed", "moved out", "unloaded", "retried", "degraded"]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that was done. model: the file's name; part: which part of it; how: resident, streamed, ...

    bytes: that it is about; seconds: that it took; why: for people.
    """

    what: What
    model: str
    part: str
    how: str = ""
    bytes: int = 0
    seconds: float = 0.0
    why: str = ""


Listener = Callable[[Told], object]


class Teller:
    """Hands on what is told to the listener of the thread in which it is done."""

    def __init__(self) -> None:
        self._local = threading.local()

    @contextmanager
    def to(self, listener: Listener | None) -> Iterator[None]:
        """Whom to tell for the length of a block; None for whom it was before."""
        before = getattr(self._local, "listener", None)
        self._local.listener = listener or before
        try:
            yield
        finally:
            self._local.listener = before

    def __call__(self, told: Told) -> None:
        """Tell it."""
        listener = getattr(self._local, "listener", None)
        worth = logging.WARNING if listener is None else logging.INFO  # a listener tells people in its own way
        level = {"degraded": worth, "retried": logging.INFO}.get(told.what, logging.DEBUG)
        _log.log(level, "%s %s (%s): %s %d bytes, %.3f s", told.what, told.model, told.part, told.why, told.bytes,
                 told.seconds)  # fmt: skip
        if listener is not None:
            listener(told)
