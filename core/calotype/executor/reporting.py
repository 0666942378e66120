"""From what happens in a run to its numbered events."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, Any

from calotype.events import Event, ModelMoved, NodeProgress, Warned
from calotype.types import Image

if TYPE_CHECKING:
    from calotype.pool.told import Told

OnEvent = Callable[[Event], None]


class Emitter:
    """Numbers events and hands them on, one at a time, whatever thread they come from."""

    def __init__(self, run: str, on_event: OnEvent | None) -> None:
        self.run = run
        self.started = perf_counter()
        self._on_event = on_event
        self._seq = 0
        self._lock = threading.Lock()

    def emit(self, kind: type[Event], *args: Any) -> None:
        """Make the next event of this run and hand it on."""
        if self._on_event is None:
            return
        with self._lock:
            self._seq = seq = self._seq + 1
            self._on_event(kind(self.run, seq, perf_counter() - self.started, *args))

    def progress(self, node: str, done: int, total: int, preview: Image | None) -> None:
        """A node made a step."""
        self.emit(NodeProgress, node, done, total, preview)

    def moved(self, node: str, told: Told) -> None:
        """The memory manager did something for a node."""
        self.emit(
            ModelMoved, node, told.what, told.model, told.part, told.how, told.bytes, round(told.seconds, 3), told.why
        )

    def warned(self, node: str, message: str) -> None:
        """A node said something."""
        self.emit(Warned, node, message)
