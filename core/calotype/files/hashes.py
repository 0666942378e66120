"""Content hashes of files, remembered as long as a file stays what it was."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
from pathlib import Path

import blake3

from calotype.errors import FileError

PREFIX = "blake3:"
Stamp = tuple[int, int, int]  # size, mtime_ns, ctime_ns

_log = logging.getLogger(__name__)

# A file that changed this recently may change again within one tick of the file system's clock: not remembered.
SETTLED_NS = 20_000_000
BUSY_SECONDS = 5.0
PARALLEL_BYTES = 1 << 20  # below it, starting threads costs more than they give


class Hashes:
    """Knows the content hash of a file without reading it twice.

    Responsibilities: `"blake3:<hex>"` by (path, size, modification time, status time); in memory, and in a small SQLite
    file that several processes share. A cache that cannot be used is done without. Safe for threads.
    """

    def __init__(self, cache: Path | None) -> None:
        self._cache = cache
        self._known: dict[str, tuple[Stamp, str]] = {}
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None

    def of(self, path: Path) -> str:
        """The hash of a file, or of a folder's files together. Raises FileError if it cannot be read."""
        try:
            return self._of_folder(path) if path.is_dir() else self._of_file(path)
        except OSError as error:
            raise FileError(f"{path} cannot be read: {error.strerror or error}") from error

    def known(self, path: Path) -> str | None:
        """The hash if it is known without reading the file."""
        try:
            return None if path.is_dir() else self._recall(str(path), _stamp(path))
        except OSError:
            return None

    def close(self) -> None:
        """Let go of the cache file."""
        with self._lock:
            if self._db is not None:
                self._db.close()
            self._db = None

    def _of_file(self, path: Path) -> str:
        name, stamp = str(path), _stamp(path)
        found = self._recall(name, stamp)
        if found is not None:
            return found
        found = file_hash(path)
        if _stamp(path) == stamp and abs(time.time_ns() - stamp[1]) > SETTLED_NS:
            self._remember(name, stamp, found)
        return found

    def _of_folder(self, path: Path) -> str:
        total = blake3.blake3()
        for file in sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith(".")):
            total.update(f"{file.relative_to(path).as_posix()}\0{self._of_file(file)}\n".encode())
        return PREFIX + str(total.hexdigest())

    def _recall(self, name: str, stamp: Stamp) -> str | None:
        known = self._known.get(name)
        if known is not None:
            return known[1] if known[0] == stamp else None
        with self._lock:
            row = self._ask("SELECT size, mtime, ctime, hash FROM hashes WHERE path = ?", (name,))
        if row is None or tuple(row[:3]) != stamp:
            return None
        self._known[name] = (stamp, str(row[3]))
        return str(row[3])

    def _remember(self, name: str, stamp: Stamp, found: str) -> None:
        self._known[name] = (stamp, found)
        with self._lock:
            self._ask("INSERT OR REPLACE INTO hashes VALUES (?, ?, ?, ?, ?)", (name, *stamp, found))

    def _ask(self, sql: str, values: tuple[str | int, ...]) -> tuple[str | int, ...] | None:
        """One statement; a cache that is damaged or not writable is given up for this process."""
        if self._cache is None:
            return None
        try:
            if self._db is None:
                self._db = _opened(self._cache)
            row: tuple[str | int, ...] | None = self._db.execute(sql, values).fetchone()
        except (sqlite3.Error, OSError) as error:
            _log.warning("the cache of file hashes, %s, is not used: %s", self._cache, error)
            self._cache = None
            return None
        return row


def file_hash(path: Path) -> str:
    """`"blake3:<hex>"` of one file's content. Raises OSError."""
    size = path.stat().st_size
    threads = blake3.blake3.AUTO if size > PARALLEL_BYTES else 1
    return PREFIX + str(blake3.blake3(max_threads=threads).update_mmap(path).hexdigest())


def _stamp(path: Path) -> Stamp:
    said = os.stat(path)  # noqa: PTH116  half the time of Path.stat, at every use of every file
    return said.st_size, said.st_mtime_ns, said.st_ctime_ns


def _opened(cache: Path) -> sqlite3.Connection:
    cache.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _connected(cache)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise
        cache.unlink()  # not a database: nothing in it that cannot be computed again
        return _connected(cache)


def _connected(cache: Path) -> sqlite3.Connection:
    db = sqlite3.connect(cache, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute(
            "CREATE TABLE IF NOT EXISTS hashes (path TEXT PRIMARY KEY, size INTEGER, mtime INTEGER, ctime INTEGER, "
            "hash TEXT) WITHOUT ROWID"
        )
    except sqlite3.Error:
        db.close()
        raise
    return db
