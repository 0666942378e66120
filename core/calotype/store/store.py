"""The store: results by key."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from calotype.store.stored import Stored


class Store:
    """Results by key, in memory over disk."""

    def __init__(
        self,
        root: Path | None,
        *,
        memory_bytes: int = 2 << 30,
        disk_bytes: int = 5 << 30,
        disk_seconds: float = 0.05,
        types: Callable[[str], type | None] | None = None,
        on_warning: Callable[[str], None] | None = None,
    ) -> None:
        self._known: dict[str, Stored] = {}
        self._locks: dict[str, threading.Lock] = {}

    def has(self, key: str) -> bool:
        """Whether a result is there."""
        return key in self._known

    def get(self, key: str) -> Stored | None:
        """The result, or None."""
        return self._known.get(key)

    def put(self, key: str, stored: Stored) -> None:
        """Keep a result."""
        self._known[key] = stored

    @contextmanager
    def lock(self, key: str, check: Callable[[], None] | None = None) -> Iterator[None]:
        """Only one computes a key at a time. `check` is called now and then while waiting; it may raise."""
        with self._locks.setdefault(key, threading.Lock()):
            yield

    def discard(self, key: str) -> None:
        """Forget one result."""
        self._known.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        self._known.clear()

    def flush(self) -> None:
        """Wait until everything is on disk."""

    def close(self) -> None:
        """Write what waits, and let go of files."""
