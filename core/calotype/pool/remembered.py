"""What calls of models were seen to need, from one process to the next."""

from __future__ import annotations

import json
import logging
import os
import threading
from pathlib import Path
from typing import Any

MOST = 2_000  # entries that are kept
CLOSE = 0.02  # share by which a figure may differ without being written down anew
_log = logging.getLogger(__name__)


class Remembered:
    """Responsibilities: bytes that a call of one shape computes in, as measured; what had to be done for it to fit.

    path: of a small JSON file; None to remember for this process only. A file that cannot be used is left alone, with
    a word in the log: it only saves time.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._said: dict[str, dict[str, Any]] | None = None

    def needs(self, key: str) -> int | None:
        """Bytes that a call needed beside weights; None when none was seen."""
        found = self._entries().get(key, {}).get("needs")
        return None if found is None else int(found)

    def saw(self, key: str, needs: int) -> None:
        """A call took so many bytes beside weights. The most counts: not all that it depends on is in its key."""
        before = self.needs(key)
        if before is None or needs > before:
            self._set(key, "needs", needs)

    def rung(self, key: str, capacity: int) -> str:
        """What had to be done the last time, on a device that was no larger; else ""."""
        entry = self._entries().get(key, {})
        return str(entry.get("rung", "")) if capacity <= entry.get("capacity", -1) * (1 + CLOSE) else ""

    def took(self, key: str, rung: str, capacity: int) -> None:
        """On a device of this capacity it had to be done so."""
        if self.rung(key, capacity) != rung:
            self._set(key, "rung", rung, capacity=capacity)

    def _set(self, key: str, name: str, value: Any, **more: Any) -> None:
        entries = self._entries()
        with self._lock:
            entry = entries.pop(key, {})
            entries[key] = entry | {name: value} | more
            while len(entries) > MOST:
                del entries[next(iter(entries))]
            text = json.dumps(entries, indent=1)
        self._write(text)

    def _entries(self) -> dict[str, dict[str, Any]]:
        with self._lock:
            if self._said is None:
                self._said = self._read()
            return self._said

    def _read(self) -> dict[str, dict[str, Any]]:
        if self._path is None or not self._path.exists():
            return {}
        try:
            said = json.loads(self._path.read_text())
            return {str(k): dict(v) for k, v in said.items()}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            _log.warning("%s cannot be read, what models need is measured anew: %s", self._path, error)
            return {}

    def _write(self, text: str) -> None:
        if self._path is None:
            return
        fresh = self._path.with_name(f"{self._path.name}.{os.getpid()}.{threading.get_ident()}.new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_text(text)
            fresh.replace(self._path)
        except OSError as error:
            _log.warning("%s cannot be written, what models need is measured anew next time: %s", self._path, error)
