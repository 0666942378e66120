"""The specs of plugins as last read, on disk, so that a start imports no plugin code."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

import calotype
from calotype.plugins.reading import Found, FoundNode
from calotype.plugins.record import Source
from calotype.plugins.sources import site_folders

_FORMAT = 1
_FILE = "plugins.json"
_SKIPPED = frozenset({"__pycache__", "node_modules", "tests"})


class Catalogue:
    """Knows the nodes of plugins whose files have not changed.

    Responsibilities: one JSON file, replaced atomically; an entry counts only with the stamp that it was written with;
    a damaged or foreign file counts as empty.

    environment: differs when Python, the engine's code or what is installed has changed.
    """

    def __init__(self, folder: Path | None, path: Sequence[str] | None = None) -> None:
        self._file = folder / _FILE if folder else None
        self.environment = _environment(path)
        self._entries: dict[str, Any] = _read(self._file) if self._file else {}
        self._changed = False

    def stamp(self, source: Source) -> str:
        """Differs when the plugin's code, the engine's, or what is installed has changed."""
        return _digest([self.environment, *_files(source.place), *_files(source.project)])

    def get(self, source: Source, stamp: str | None) -> Found | None:
        """What is known of a plugin with this stamp (None: whatever its stamp)."""
        entry = self._entries.get(_key(source))
        if not isinstance(entry, dict) or (stamp is not None and entry.get("stamp") != stamp):
            return None
        try:
            return Found(tuple(FoundNode.from_dict(n) for n in entry["nodes"]))
        except (AttributeError, KeyError, TypeError, ValueError):  # not as it was written here
            return None

    def put(self, source: Source, stamp: str, found: Found) -> None:
        """Remember a plugin; one with errors is forgotten, since it may work the next time."""
        if found.errors:
            self._changed |= self._entries.pop(_key(source), None) is not None
            return
        self._entries[_key(source)] = {"stamp": stamp, "nodes": [n.to_dict() for n in found.nodes]}
        self._changed = True

    def save(self) -> None:
        """Write what changed. A folder that cannot be written is no error: the next start reads the code again."""
        if self._file is None or not self._changed:
            return
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            beside = self._file.with_suffix(f".{os.getpid()}.tmp")
            beside.write_text(json.dumps({"format": _FORMAT, "plugins": self._entries}, separators=(",", ":")), "utf-8")
            beside.replace(self._file)
        except OSError:
            return
        self._changed = False


def _read(file: Path) -> dict[str, Any]:
    try:
        said = _parsed(file.read_bytes())
        return dict(said["plugins"]) if said["format"] == _FORMAT else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _parsed(data: bytes) -> Any:
    """JSON, with the infinities that Python writes: defaults of plugins may be such."""
    try:
        return orjson.loads(data)  # in a third of the time
    except orjson.JSONDecodeError:
        return json.loads(data)


def _key(source: Source) -> str:
    return f"{source.name}@{source.place}"


def _environment(path: Sequence[str] | None) -> str:
    """Python, the engine's code, and the folders of packages: an installation changes their time."""
    installed = [f"{folder}:{Path(folder).stat().st_mtime_ns}" for folder, _ in site_folders(path)]
    own = _files(Path(calotype.__file__).parent)
    return _digest([sys.version, *installed, *own])


def _files(place: Path | None) -> Iterator[str]:
    """Name, size and time of every Python file in a place, in order."""
    if place is None:
        return
    if not place.is_dir():
        if place.is_file():
            yield _stat(place.name, place.stat())
        return
    with os.scandir(place) as entries:
        for entry in sorted(entries, key=lambda e: e.name):
            if entry.name.endswith(".py"):
                yield _stat(entry.path, entry.stat())
            elif entry.is_dir() and entry.name not in _SKIPPED and not entry.name.startswith("."):
                yield from _files(Path(entry.path))


def _stat(name: str, found: os.stat_result) -> str:
    return f"{name}:{found.st_size}:{found.st_mtime_ns}"


def _digest(parts: Sequence[str]) -> str:
    return hashlib.blake2b("\n".join(parts).encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
