"""The disk tier: one small JSON entry for each key, beside the objects that it refers to."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import blake3

from calotype.errors import StoreError
from calotype.store.codecs import Blob, Codecs
from calotype.store.objects import TEMPORARY, Damaged, Objects, remove, replace, scan
from calotype.store.stored import Stored
from calotype.store.tensors import Unstorable

FORMAT = 1
KEY = re.compile(r"[0-9a-f]{2,128}\Z")
BEFORE, BETWEEN, AFTER = b'{"blake3":"', b'","entry":', b"}\n"
HEAD = len(BEFORE) + 64 + len(BETWEEN)


@dataclass(frozen=True, slots=True)
class Record:
    """One entry as it stands on disk. objects: name to bytes; outputs: encoded, by name; size: of the entry itself."""

    key: str
    node: str
    type: str
    seconds: float
    objects: Mapping[str, int]
    outputs: Mapping[str, Any]
    size: int

    @property
    def bytes(self) -> int:
        """Of the entry and its objects."""
        return self.size + sum(self.objects.values())


class Disk:
    """Results on disk.

    Responsibilities: an entry appears after its objects, so that a reader never sees half of a result; whatever is
    damaged is told from what is not there; looking for a key is one stat. Opening does nothing. Safe for threads and
    processes.
    """

    def __init__(self, root: Path, codecs: Codecs) -> None:
        self.root = root
        self.objects = Objects(root / "objects")
        self._keys = root / "keys"
        self._base = str(self._keys)
        self._codecs = codecs

    def has(self, key: str) -> bool:
        """Whether there is an entry."""
        return os.path.exists(f"{self._base}/{key[:2]}/{key}.json") and KEY.match(key) is not None  # noqa: PTH110

    def read(self, key: str) -> Record | None:
        """An entry whose objects are there and sound. Raises Damaged."""
        path = self._path(key)
        try:
            record = parsed(path.read_bytes(), key)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Damaged(f"the entry {key} cannot be read: {error.strerror or error}") from error
        for name, size in record.objects.items():
            self.objects.check(name, size)
        return record

    def touch(self, key: str) -> None:
        """Say that an entry was used now."""
        try:
            os.utime(self._path(key))
        except OSError:
            return  # gone, or not ours to write: it will only seem older

    def decode(self, said: Mapping[str, Any]) -> Any:
        """One output of an entry. Raises StoreError."""
        try:
            return self._codecs.decode(said, self.objects.read, self.objects.path)
        except StoreError:
            raise
        except Exception as error:  # from_tensors of a plugin may raise whatever it likes
            raise StoreError(f"a stored value cannot be read: {type(error).__name__}: {error}") from error

    def write(self, key: str, stored: Stored, limit: int) -> int:
        """Write a result; its bytes. Raises Unstorable: no codec, or more than `limit` bytes; OSError, StoreError."""
        blobs: dict[str, Blob] = {}
        said = {
            "format": FORMAT,
            "key": key,
            "node": stored.node,
            "type": stored.type,
            "seconds": stored.seconds,
            "outputs": {name: self._encode(stored, name, blobs) for name in stored.names},
            "objects": {name: blob.size for name, blob in blobs.items()},
        }
        data = entry_bytes(said)
        size = len(data) + sum(blob.size for blob in blobs.values())
        if size > limit:
            raise Unstorable(f"it has {size} bytes")
        for blob in blobs.values():
            self.objects.write(blob)
        replace(self._path(key), [data])
        return size

    def _encode(self, stored: Stored, name: str, blobs: dict[str, Blob]) -> dict[str, Any]:
        try:
            return self._codecs.encode(stored.value(name), blobs)
        except (Unstorable, StoreError):
            raise
        except Exception as error:  # to_tensors of a plugin may raise whatever it likes
            kind = type(stored.value(name)).__name__
            raise StoreError(f"{stored.type}: its {kind} cannot be written: {type(error).__name__}: {error}") from error

    def remove(self, key: str) -> int:
        """Remove an entry, not its objects; the bytes that became free."""
        return remove(self._path(key))

    def used(self) -> Iterator[tuple[str, float]]:
        """Every key with the time of its last use, in no order."""
        for found in scan(self._keys):
            key = found.name.removesuffix(".json")
            if not found.name.endswith(TEMPORARY) and KEY.match(key):
                try:
                    yield key, found.stat().st_mtime
                except FileNotFoundError:
                    continue

    def peek(self, key: str) -> Record | None:
        """An entry, its objects not looked at. Raises Damaged."""
        try:
            return parsed(self._path(key).read_bytes(), key)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Damaged(f"the entry {key} cannot be read: {error.strerror or error}") from error

    def files(self) -> Iterator[os.DirEntry[str]]:
        """Every file of the store, entries and objects and what writers left behind."""
        yield from scan(self._keys)
        yield from scan(self.objects.root)

    def _path(self, key: str) -> Path:
        if not KEY.match(key):
            raise StoreError(f"{key!r} is not a key: 2 to 128 lower-case hexadecimal digits")
        return self._keys / key[:2] / f"{key}.json"


def entry_bytes(said: Mapping[str, Any]) -> bytes:
    """An entry as it stands in its file: the digest of the rest first. Raises Unstorable: not JSON."""
    try:
        text = json.dumps(said, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise Unstorable(str(error)) from error
    return BEFORE + blake3.blake3(text).hexdigest().encode() + BETWEEN + text + AFTER


def parsed(data: bytes, key: str) -> Record:
    """The inverse of `entry_bytes`. Raises Damaged unless every byte is as it was written, for this key."""
    text = data[HEAD : -len(AFTER)]
    if data != BEFORE + blake3.blake3(text).hexdigest().encode() + BETWEEN + text + AFTER:
        raise Damaged(f"the entry {key} is not what was written")
    said = json.loads(text)
    if said["format"] != FORMAT or said["key"] != key:
        raise Damaged(f"the entry {key} is of another key, or of another version of the store")
    return Record(
        key=key,
        node=said["node"],
        type=said["type"],
        seconds=said["seconds"],
        objects=said["objects"],
        outputs=said["outputs"],
        size=len(data),
    )
