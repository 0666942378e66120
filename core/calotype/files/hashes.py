"""Content hashes of files, remembered as long as a file stays what it was."""

from __future__ import annotations

import os
import time
from pathlib import Path

import blake3

from calotype.errors import FileError
from calotype.files.cache import Cache

PREFIX = "blake3:"
Stamp = tuple[int, int, int]  # size, mtime_ns, ctime_ns

# A file that changed this recently may change again within one tick of the file system's clock: not remembered.
SETTLED_NS = 20_000_000
PARALLEL_BYTES = 1 << 20  # below it, starting threads costs more than they give


class Hashes:
    """Knows the content hash of a file without reading it twice.

    Responsibilities: `"blake3:<hex>"` by (path, size, modification time, status time); in memory, and in a small SQLite
    file that several processes share. A cache that cannot be used is done without. Safe for threads.
    """

    def __init__(self, cache: Path | None) -> None:
        self.cache = Cache(cache)
        self._known: dict[str, tuple[Stamp, str]] = {}

    def of(self, path: Path) -> str:
        """The hash of a file, or of a folder's files together. Raises FileError if it cannot be read."""
        try:
            return self._of_folder(path) if path.is_dir() else self._of_file(path)
        except OSError as error:
            raise FileError(f"{path} cannot be read: {error.strerror or error}") from error

    def known(self, path: Path) -> str | None:
        """The hash if it is known without reading the file."""
        try:
            return None if path.is_dir() else self._recall(str(path), stamp_of(path))
        except OSError:
            return None

    def close(self) -> None:
        """Let go of the cache file."""
        self.cache.close()

    def _of_file(self, path: Path) -> str:
        name, stamp = str(path), stamp_of(path)
        found = self._recall(name, stamp)
        if found is not None:
            return found
        found = file_hash(path)
        if stamp_of(path) == stamp and settled(stamp):
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
        row = self.cache.ask("SELECT size, mtime, ctime, hash FROM hashes WHERE path = ?", (name,))
        if row is None or tuple(row[:3]) != stamp:
            return None
        self._known[name] = (stamp, str(row[3]))
        return str(row[3])

    def _remember(self, name: str, stamp: Stamp, found: str) -> None:
        self._known[name] = (stamp, found)
        self.cache.ask("INSERT OR REPLACE INTO hashes VALUES (?, ?, ?, ?, ?)", (name, *stamp, found))


def file_hash(path: Path) -> str:
    """`"blake3:<hex>"` of one file's content. Raises OSError."""
    size = path.stat().st_size
    threads = blake3.blake3.AUTO if size > PARALLEL_BYTES else 1
    return PREFIX + str(blake3.blake3(max_threads=threads).update_mmap(path).hexdigest())


def stamp_of(path: Path) -> Stamp:
    """What changes when a file does. Raises OSError."""
    said = os.stat(path)  # noqa: PTH116  half the time of Path.stat, at every use of every file
    return said.st_size, said.st_mtime_ns, said.st_ctime_ns


def settled(stamp: Stamp) -> bool:
    """Whether a file changed so long ago that its stamp is no other's."""
    return abs(time.time_ns() - stamp[1]) > SETTLED_NS
