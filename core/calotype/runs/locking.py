"""One server for a directory: a lock of the operating system, which a process that dies gives back."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from calotype.errors import Occupied, StoreError


class Occupancy:
    """Holds a directory for this process. Raises Occupied, naming the process that holds it, or StoreError."""

    def __init__(self, path: Path) -> None:
        self._pid = path.with_suffix(".pid")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o644)
        except OSError as error:
            raise StoreError(
                f'cannot open "{path}": {error.strerror or error}; give a home that can be written'
            ) from error
        if not _locked(self._file):
            os.close(self._file)
            raise Occupied(
                f'another server works in "{path.parent}"{self._holder()}. Stop it, or start this one with another home'
            )
        self._pid.write_text(str(os.getpid()))

    def close(self) -> None:
        """Give it back."""
        if self._file >= 0:
            self._pid.unlink(missing_ok=True)
            os.close(self._file)
            self._file = -1

    def _holder(self) -> str:
        try:
            return f" (process {int(self._pid.read_text())})"
        except (OSError, ValueError):
            return ""  # it has only just begun, and has not said who it is


def _locked(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
