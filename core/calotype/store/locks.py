"""Single-flight: who needs what another is computing waits for it, in this process and in others."""

from __future__ import annotations

import os
import struct
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from calotype.errors import StoreError

fcntl: ModuleType | None
msvcrt: Any
if sys.platform == "win32":
    import msvcrt

    fcntl = None
else:
    import fcntl

    msvcrt = None

WAIT = 0.02  # seconds between two looks at a lock that another holds
# Linux locks byte ranges for an open file, so that one file serves every key. Elsewhere each key has a file.
RANGES = hasattr(fcntl, "F_OFD_SETLK")
FLOCK = struct.Struct("hhqqi4x")  # struct flock: type, whence, start, length, pid


class Locks:
    """Locks by key, among threads and, where there is a `root`, among processes.

    Responsibilities: a process that dies gives its locks back; `check` is called while waiting, to cancel it.
    """

    def __init__(self, root: Path | None) -> None:
        self._root = root
        self._threads: dict[str, list[Any]] = {}  # key -> [lock, how many use it]
        self._guard = threading.Lock()
        self._file: tuple[int, int] | None = None  # process, descriptor
        self._close: Callable[[], object] = int  # closes it; at the latest when nobody refers to us any more

    @contextmanager
    def hold(self, key: str, check: Callable[[], None] | None = None) -> Iterator[None]:
        """Hold the lock of a key for the length of the `with` block. It is not reentrant."""
        with self._guard:
            mine = self._threads.setdefault(key, [threading.Lock(), 0])
            mine[1] += 1
        try:
            _acquire(mine[0], check)
            try:
                held = self._take(key, check)
                try:
                    yield
                finally:
                    self._give(key, held)
            finally:
                mine[0].release()
        finally:
            with self._guard:
                mine[1] -= 1
                if not mine[1]:
                    del self._threads[key]

    def close(self) -> None:
        """Let go of the file, unless a lock is held now."""
        with self._guard:
            if not self._threads:
                self._close()
                self._file = None

    def _take(self, key: str, check: Callable[[], None] | None) -> int | None:
        """Wait for the other processes. The descriptor to give back, if there is one for this key alone."""
        if self._root is None:
            return None
        try:
            descriptor = self._common() if RANGES else _opened(self._root / "locks" / f"{key}.lock")
        except OSError:
            return None  # nothing can be written there: there is nobody to wait for
        while not (_lock_range(descriptor, key, True) if RANGES else _lock_file(descriptor)):
            if check is not None:
                check()
            time.sleep(WAIT)
        return descriptor

    def _give(self, key: str, descriptor: int | None) -> None:
        if descriptor is None:
            return
        if RANGES:
            _lock_range(descriptor, key, False)
        else:
            os.close(descriptor)  # which unlocks it

    def _common(self) -> int:
        process = os.getpid()  # a forked child must not share its parent's locks
        with self._guard:
            if self._file is None or self._file[0] != process:
                assert self._root is not None
                self._close()
                descriptor = _opened(self._root / "locks")
                self._file = (process, descriptor)
                self._close = weakref.finalize(self, os.close, descriptor)
            return self._file[1]


def _acquire(lock: threading.Lock, check: Callable[[], None] | None) -> None:
    if check is None:
        lock.acquire()
        return
    while not lock.acquire(timeout=WAIT):
        check()


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o666)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o666)


def _lock_range(descriptor: int, key: str, take: bool) -> bool:
    """Lock or unlock the one byte of a key; False if another process holds it."""
    assert fcntl is not None
    kind = fcntl.F_WRLCK if take else fcntl.F_UNLCK
    try:
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, FLOCK.pack(kind, os.SEEK_SET, _place(key), 1, 0))
    except (BlockingIOError, PermissionError):
        return False
    except OSError as error:
        raise StoreError(f"the store's lock file cannot be locked: {error.strerror}") from error
    return True


def _lock_file(descriptor: int) -> bool:
    try:
        if fcntl is not None:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    except OSError:
        return False
    return True


def _place(key: str) -> int:
    return int(key[:15], 16)
