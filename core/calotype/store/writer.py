"""Writing in the background: a run does not wait for the disk."""

from __future__ import annotations

import threading
from collections.abc import Callable

from calotype.store.stored import Stored


class Writer:
    """One thread that writes results in the order in which they came.

    Responsibilities: what waits can still be read; at most `limit` bytes wait, whoever brings more waits himself;
    what is cancelled is not written, or written completely before `cancel` returns. The thread starts with the first
    result and ends with `close`. `write` handles its own errors.
    """

    def __init__(self, write: Callable[[str, Stored], None], limit: int) -> None:
        self._write = write
        self._limit = limit
        self._waiting: dict[str, tuple[Stored, int]] = {}
        self._bytes = 0
        self._now: str | None = None
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    def get(self, key: str) -> Stored | None:
        """A result that waits to be written."""
        found = self._waiting.get(key)
        return found[0] if found else None

    def put(self, key: str, stored: Stored, size: int) -> None:
        """Write a result of about `size` bytes soon."""
        with self._changed:
            self._changed.wait_for(lambda: not self._bytes or self._bytes + size <= self._limit)
            self._forget(key)
            self._waiting[key] = (stored, size)
            self._bytes += size
            self._start()
            self._changed.notify_all()

    def cancel(self, key: str) -> None:
        """Do not write a result; if it is being written, wait for the end of that."""
        with self._changed:
            if self._now != key:
                self._forget(key)
            else:
                self._changed.wait_for(lambda: self._now != key)

    def flush(self) -> None:
        """Wait until everything that came before is written."""
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting)

    def close(self) -> None:
        """Write what waits, and end the thread. A later `put` starts it again."""
        with self._changed:
            thread, self._thread = self._thread, None
            self._changed.notify_all()
        if thread is not None:
            thread.join()

    def _start(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._work, name="calotype-store", daemon=True)
            self._thread.start()

    def _forget(self, key: str) -> None:
        gone = self._waiting.pop(key, None)
        if gone is not None:
            self._bytes -= gone[1]
            self._changed.notify_all()

    def _work(self) -> None:
        me = threading.current_thread()
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._thread is not me)
                if self._thread is not me and (self._thread is not None or not self._waiting):
                    return
                key = self._now = next(iter(self._waiting))
                stored, _ = self._waiting[key]
            try:
                self._write(key, stored)
            finally:
                with self._changed:
                    self._now = None
                    self._forget(key)
                    self._changed.notify_all()
