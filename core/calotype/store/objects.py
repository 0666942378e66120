"""Files named by their content: written once, whole, and checked when they are read."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import blake3

from calotype.errors import StoreError
from calotype.store.codecs import PARALLEL_BYTES, Blob

NAME = re.compile(r"[0-9a-f]{64}\.(safetensors|png|json|bin)\Z")
TEMPORARY = ".tmp"


class Damaged(StoreError):
    """Something in the store is not what it should be."""


class Objects:
    """Content-addressed files under one directory.

    Responsibilities: a name is the blake3 hash of the content, with a suffix for people; an object is there whole or
    not at all; each is checked once in a process, and again when its file has changed. Safe for threads and processes.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._sound: dict[str, tuple[int, int]] = {}  # name -> size and time of the file that was checked

    def path(self, name: str) -> Path:
        """Where an object lies. Raises Damaged: not the name of an object."""
        if not NAME.match(name):
            raise Damaged(f"{name!r} is not the name of an object")
        return self.root / name[:2] / name

    def write(self, blob: Blob) -> None:
        """Write an object unless it is there. Raises OSError."""
        path = self.path(blob.name)
        try:
            if path.stat().st_size == blob.size:
                os.utime(path)  # young again, for whoever removes what nobody refers to
                return
        except FileNotFoundError:
            pass
        replace(path, blob.pieces)

    def read(self, name: str) -> bytes:
        """The content, checked. Raises Damaged, OSError."""
        data = self.path(name).read_bytes()
        if _digest(name, blake3.blake3(data)) != name:
            raise Damaged(f"the object {name} is not what was written")
        return data

    def check(self, name: str, size: int) -> None:
        """Make sure that an object is there and sound. Raises Damaged."""
        path = self.path(name)
        try:
            said = os.stat(path)  # noqa: PTH116  half the time of Path.stat
            found = (said.st_size, said.st_mtime_ns)
            if self._sound.get(name) == found:
                return
            if found[0] != size:
                raise Damaged(f"the object {name} has {found[0]} bytes, not {size}")
            threads = blake3.blake3.AUTO if size > PARALLEL_BYTES else 1
            if _digest(name, blake3.blake3(max_threads=threads).update_mmap(path)) != name:
                raise Damaged(f"the object {name} is not what was written")
        except OSError as error:
            raise Damaged(f"the object {name} cannot be read: {error.strerror or error}") from error
        self._sound[name] = found

    def remove(self, name: str) -> int:
        """Remove an object; the bytes that became free."""
        self._sound.pop(name, None)
        return remove(self.path(name))

    def forget(self) -> None:
        """Check everything anew."""
        self._sound.clear()


def replace(path: Path, pieces: Iterable[memoryview | bytes]) -> None:
    """Write a file whole or not at all. Raises OSError.

    No fsync: it costs milliseconds, and a file that a power failure tore is found out by its digest.
    """
    temporary = path.with_name(f".{path.name}.{os.urandom(6).hex()}{TEMPORARY}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            for piece in pieces:
                file.write(piece)
        os.replace(temporary, path)  # noqa: PTH105  the name says what matters
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def remove(path: Path) -> int:
    """Remove a file; the bytes that became free, 0 if it was gone or is in use."""
    try:
        size = path.stat().st_size
        path.unlink()
    except (FileNotFoundError, PermissionError):
        return 0
    return size


def scan(root: Path) -> Iterator[os.DirEntry[str]]:
    """The files two levels below, in no order; what disappears meanwhile is left out."""
    try:
        shelves = [e.path for e in os.scandir(root) if e.is_dir()]
    except FileNotFoundError:
        return
    for shelf in shelves:
        try:
            yield from list(os.scandir(shelf))
        except FileNotFoundError:
            continue


def _digest(name: str, digest: blake3.blake3) -> str:
    return f"{digest.hexdigest()}.{name.rpartition('.')[2]}"
