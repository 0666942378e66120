"""The files that runs hand out, by content: whole or not there, and never another file under the same name."""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import BinaryIO

from calotype.crash import Crash
from calotype.errors import FileError

DIGEST = re.compile(r"blake3:[0-9a-f]{64}")
ALGORITHM = "blake3:"
UNFINISHED = ".tmp-"
YOUNG = 86_400.0  # seconds


class Outputs:
    """Files named by the digest of their contents, "blake3:" and 64 hex digits.

    Responsibilities: a file under its final name is whole, also after a power cut; what is read is what was put. Safe
    for several processes.
    """

    def __init__(self, root: Path, crash: Crash | None = None) -> None:
        self.root = root
        self._crash = crash or Crash()

    def put(self, data: bytes | memoryview) -> str:
        """Keep some bytes; their digest. On disk when this returns. Raises FileError."""
        from blake3 import blake3

        digest = ALGORITHM + blake3(data).hexdigest()
        path = self._place(digest)
        try:
            if path.exists():
                os.utime(path)  # it is wanted again: see `prune`
            else:
                self._write(path, data)
        except OSError as error:
            raise FileError(f'cannot write a file of a run into "{self.root}": {error.strerror or error}') from error
        return digest

    def path(self, digest: str) -> Path:
        """Where a file lies. Raises FileError for one that is not there, and for what is no digest."""
        path = self._place(digest)
        if not path.is_file():
            raise FileError(f'there is no file "{digest}"; it was never made, or is no longer kept')
        return path

    def open(self, digest: str) -> BinaryIO:
        """The contents, checked. Raises FileError, also when they were damaged; then the file is gone."""
        from blake3 import blake3

        path = self.path(digest)
        try:
            found = blake3().update_mmap(path).hexdigest()
            file = path.open("rb")
        except OSError as error:
            raise FileError(f'cannot read the file "{digest}": {error.strerror or error}') from error
        if ALGORITHM + found != digest:
            file.close()
            path.unlink(missing_ok=True)
            raise FileError(f'the file "{digest}" was damaged on disk and is dropped; run its workflow again')
        return file

    def prune(self, keep: Collection[str], *, younger: float = YOUNG) -> int:
        """Delete every other file, and what a process that died left unfinished; the bytes this gave back.

        What was put within the last `younger` seconds stays: the run that made it may not have ended yet.
        """
        freed, since = 0, time.time() - younger
        for path in self._files():
            if path.stat().st_mtime > since:
                continue
            if path.name.startswith(UNFINISHED) or f"{ALGORITHM}{path.parent.name}{path.name}" not in keep:
                freed += path.stat().st_size
                path.unlink(missing_ok=True)
        return freed

    def _files(self) -> Iterator[Path]:
        return (path for folder in self.root.glob("[0-9a-f][0-9a-f]") for path in folder.iterdir())

    def _place(self, digest: str) -> Path:
        if not DIGEST.fullmatch(digest):
            raise FileError(f'"{digest[:80]}" is no digest; it is "blake3:" and 64 digits 0-9a-f')
        plain = digest.removeprefix(ALGORITHM)
        return self.root / plain[:2] / plain[2:]

    def _write(self, path: Path, data: bytes | memoryview) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=UNFINISHED, dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            self._crash.at("artefact.written")
            Path(name).replace(path)
            _settle(path.parent)
            self._crash.at("artefact.renamed")
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _settle(folder: Path) -> None:
    """Have the folder's names on disk, where the system can do that."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
