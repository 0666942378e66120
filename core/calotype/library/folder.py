"""The files themselves: one folder of plain workflow files, written whole, never overwritten unseen."""

from __future__ import annotations

import os
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from calotype.crash import Crash
from calotype.errors import StoreError
from calotype.files import inside
from calotype.library.names import SUFFIX, usable

TRASH = ".trash"
TEMPORARY = ".tmp"
STALE = 3600  # seconds after which a temporary file belongs to nobody
Stamp = str


class Folder:
    """Responsibilities: a file is there whole or not at all; a new name lasts through a power cut; names lead nowhere
    else. `crash` is told each point at which a power cut would be most awkward."""

    def __init__(self, root: Path, crash: Crash) -> None:
        self.root = root
        self._crash = crash

    def make(self) -> None:
        """Make the folder, and remove what writers that died left. Raises StoreError."""
        try:
            (self.root / TRASH).mkdir(parents=True, exist_ok=True)
            for file in self.root.glob(f".*{TEMPORARY}"):
                if time.time() - file.stat().st_mtime > STALE:
                    file.unlink(missing_ok=True)
        except OSError as error:
            raise _failed(self.root, "used", error) from error

    def path(self, name: str) -> Path:
        """Where the document of a checked name lies, or would."""
        path = inside(self.root, name + SUFFIX)
        decomposed = self.root / (unicodedata.normalize("NFD", name) + SUFFIX)
        return decomposed if not path.exists() and decomposed.exists() else path

    def names(self) -> Iterator[tuple[str, Stamp]]:
        """The documents there are, with a stamp that differs when a file has changed."""
        try:
            with os.scandir(self.root) as entries:
                for entry in entries:
                    stem = unicodedata.normalize("NFC", entry.name.removesuffix(SUFFIX))
                    if entry.name.endswith(SUFFIX) and usable(stem) and entry.is_file():
                        yield stem, stamp_of(entry.stat())
        except FileNotFoundError:
            return
        except OSError as error:
            raise _failed(self.root, "read", error) from error

    def has(self, name: str) -> bool:
        """Whether there is a file of exactly this name, also where the system would take another for it."""
        return self.path(name).is_file() and any(name == other for other, _ in self.names())

    def read(self, name: str) -> tuple[bytes, Stamp] | None:
        """The content and the stamp; None if there is no such file. Raises StoreError."""
        try:
            with self.path(name).open("rb") as file:
                return file.read(), stamp_of(os.fstat(file.fileno()))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _failed(self.path(name), "read", error) from error

    def write(self, name: str, data: bytes) -> Stamp:
        """Write a file whole or not at all, and make it last. Raises StoreError."""
        path = self.path(name)
        temporary = self.root / f".{os.urandom(8).hex()}{TEMPORARY}"
        try:
            with temporary.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            self._crash.at("document.written")
            temporary.replace(path)
            self._sync()
            self._crash.at("document.renamed")
            return stamp_of(path.stat())
        except OSError as error:
            raise _failed(path, "written", error) from error
        finally:
            _forget(temporary)

    def move(self, name: str, to: str) -> Stamp:
        """Give a file another name. Raises StoreError, also when there is another file of that name."""
        source, target = self.path(name), inside(self.root, to + SUFFIX)
        try:
            if target.exists() and not target.samefile(source):
                raise FileExistsError(17, "there is another file of that name")
            source.rename(target)
            self._sync()
            self._crash.at("document.moved")
            return stamp_of(target.stat())
        except OSError as error:
            raise _failed(source, f'renamed to "{to}"', error) from error

    def discard(self, name: str, id: int) -> None:
        """Move a file into the trash. Raises StoreError."""
        try:
            self.path(name).replace(self._trashed(name, id))
            self._sync()
            self._crash.at("document.discarded")
        except FileNotFoundError:
            return
        except OSError as error:
            raise _failed(self.path(name), "moved to the trash", error) from error

    def empty(self, name: str, id: int) -> None:
        """Remove a file from the trash for good. Raises StoreError."""
        try:
            self._trashed(name, id).unlink(missing_ok=True)
        except OSError as error:
            raise _failed(self._trashed(name, id), "removed", error) from error

    def _trashed(self, name: str, id: int) -> Path:
        return inside(self.root / TRASH, f"{name}.{id}{SUFFIX}")

    def _sync(self) -> None:
        if os.name != "posix":
            return
        handle = os.open(self.root, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def stamp_of(said: os.stat_result) -> Stamp:
    """Size, times and identity of a file."""
    return f"{said.st_size}:{said.st_mtime_ns}:{said.st_ctime_ns}:{said.st_ino}"


def _forget(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:  # the error that led here is the one to be told
        return


def _failed(path: Path, done: str, error: OSError) -> StoreError:
    return StoreError(f'"{path.name}" in the folder of workflows cannot be {done}: {error.strerror or error}')
