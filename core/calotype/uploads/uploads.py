"""Taking in a picture: looked at here, decoded and written anew by a child process, kept under its content."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from calotype.crash import Crash
from calotype.errors import StoreError
from calotype.files import file_hash, inside
from calotype.files.hashes import PREFIX
from calotype.uploads.header import Bounds, look, refused
from calotype.uploads.recode import DAMAGED, NO_DISK

SHORT = 16  # characters of the content hash in a name
LONGEST_STEM = 60
SECONDS = 90.0  # for a child, from its start
AT_ONCE = 2  # children
TEMPORARY = ".part"
STALE = 3600  # seconds after which a temporary file belongs to nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded:
    """A picture that was taken in. file: its name in the folder "input"; workflow: whether the file that was sent
    carries text that may be a workflow, which is not kept; new: whether it was not there before."""

    file: str
    folder: str
    hash: str
    bytes: int
    width: int
    height: int
    frames: int
    alpha: bool
    workflow: bool
    new: bool

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)


class Uploads:
    """Responsibilities: nothing that was sent is opened by a decoder in this process; what is kept is a picture and
    nothing else, whole, under a name that tells its content; the same picture is kept once. Safe for threads."""

    def __init__(self, root: Path, bounds: Bounds | None = None, *, crash: Crash | None = None) -> None:
        self.root = root
        self.bounds = bounds or Bounds()
        self._crash = crash or Crash()
        self._children = threading.Semaphore(AT_ONCE)

    def begin(self) -> Path:
        """A new file beside the pictures to be filled with what is sent; `accept` and `drop` remove it.

        Raises StoreError.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            for old in self.root.glob(f".*{TEMPORARY}"):
                if time.time() - old.stat().st_mtime > STALE:
                    old.unlink(missing_ok=True)
        except OSError as error:
            raise not_kept("pictures", error) from error
        return self.root / f".{secrets.token_hex(12)}{TEMPORARY}"

    def drop(self, part: Path) -> None:
        """Give up a file of `begin`."""
        part.unlink(missing_ok=True)

    def accept(self, part: Path, name: str = "") -> Uploaded:
        """Take in the picture in a file of `begin`. name: what the sender calls it. Raises FileError; StoreError when
        the disk refuses."""
        called = f'"{_stem(name)}"' if _stem(name) else "the file"
        target = part.with_suffix(f".new{TEMPORARY}")
        try:
            header = look(part, self.bounds, called)
            said = self._recoded(part, target, called)
            return self._keep(target, _stem(name), said, header.workflow)
        except OSError as error:
            raise not_kept(called, error) from error
        finally:
            part.unlink(missing_ok=True)
            target.unlink(missing_ok=True)

    def _recoded(self, part: Path, target: Path, called: str) -> dict[str, Any]:
        words = [str(part), str(target), str(self.bounds.pixels), str(self.bounds.frames)]
        command = [sys.executable, "-P", "-m", "calotype.uploads.recode", *words]
        with self._children:
            try:
                done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False, cwd=self.root)
            except subprocess.TimeoutExpired:
                raise refused("too-slow", f"{called} takes too long to be decoded") from None
        known = done.returncode in (DAMAGED, NO_DISK)
        why = done.stderr.decode(errors="replace").strip().rpartition("\n")[2] if known else ""
        if done.returncode == NO_DISK:
            raise not_kept(called, why)
        if done.returncode != 0:
            raise refused("damaged", f"{called} cannot be decoded{f': {why[:200]}' if why else ''}", "Save it anew.")
        said: dict[str, Any] = json.loads(done.stdout)
        return said

    def _keep(self, target: Path, stem: str, said: dict[str, Any], workflow: bool) -> Uploaded:
        digest = file_hash(target)
        short, suffix, size = digest.removeprefix(PREFIX)[:SHORT], said.pop("suffix"), target.stat().st_size
        known = next(iter(sorted(self.root.glob(f"*{short}.{suffix}"))), None)
        name = known.name if known is not None else f"{stem}-{short}.{suffix}" if stem else f"{short}.{suffix}"
        if known is None:
            _sync(target)
            self._crash.at("upload.written")
            target.replace(inside(self.root, name))
            self._crash.at("upload.renamed")
        return Uploaded(
            file=name, folder="input", hash=digest, bytes=size, workflow=workflow, new=known is None, **said
        )


def not_kept(what: str, error: OSError | str) -> StoreError:
    """What to say when it is not the sender's fault."""
    why = error if isinstance(error, str) else error.strerror or error
    return StoreError(f"{what} cannot be kept: {why}. See whether the disk of the server is full or read-only")


def _stem(name: str) -> str:
    """What of a name given by others may be part of ours: letters and digits of any script, and hyphens."""
    last = re.split(r"[/\\]", name)[-1].rpartition(".")[0] or re.split(r"[/\\]", name)[-1]
    plain = re.sub(r"[^\w]+", "-", last).strip("-_")
    return plain.encode()[:LONGEST_STEM].decode(errors="ignore") if plain.isprintable() else ""


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
