"""What happens when a result is written: errors become warnings, and old results make room."""

from __future__ import annotations

import os
from collections.abc import Callable

from calotype.errors import StoreError
from calotype.store import upkeep
from calotype.store.disk import Disk
from calotype.store.stored import Stored
from calotype.store.tensors import Unstorable

RECOUNT = 0.05  # of the limit: after so much of our own, we look at what other processes wrote


class Keeper:
    """Writes results for the background thread.

    Responsibilities: the disk tier stays within its bytes; a value without codec stays in memory, quietly; an error of
    the disk is said once, until writing succeeds again. Used by one thread.
    """

    def __init__(self, disk: Disk, limit: int, warn: Callable[[str], None]) -> None:
        self._disk = disk
        self._limit = limit
        self._warn = warn
        self._total: int | None = None  # bytes on disk, unknown until the first writing: opening scans nothing
        self._since = 0  # bytes written since they were counted
        self._said = ""

    def write(self, key: str, stored: Stored) -> None:
        """Write one result, unless it is there. Raises nothing that the disk or a value is to blame for."""
        try:
            if not self._disk.has(key):
                self._count(self._disk.write(key, stored, self._limit))
            self._said = ""
        except Unstorable:
            return
        except StoreError as error:
            self._complain(f"{error}; it stays in memory")
        except OSError as error:
            where = os.fspath(self._disk.root)
            self._complain(f"results cannot be stored in {where}: {error.strerror or error}; they stay in memory")

    def _complain(self, message: str) -> None:
        if message != self._said:
            self._warn(message)
        self._said = message

    def _count(self, written: int) -> None:
        self._since += written
        if self._total is None or self._since > RECOUNT * self._limit:
            self._total, self._since = upkeep.usage(self._disk), 0
        if self._total + self._since > upkeep.HIGH * self._limit:
            upkeep.prune(self._disk, int(upkeep.LOW * self._limit))
            self._total, self._since = upkeep.usage(self._disk), 0
