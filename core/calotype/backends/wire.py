"""Frames between a worker process and its supervisor: a length, one kind byte, then JSON, or a picture with its head.

Nothing that crosses is code: no pickle.
"""

from __future__ import annotations

import struct
import threading
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from calotype.backends.protocol import Preview
from calotype.settings import Settings

HEAD = struct.Struct(">IB")
WORDS, PICTURE = 0, 1
LARGEST = 256 * 1024**2  # bytes of a frame


class Wire:
    """One end of the pipe. Any thread may send; one thread receives."""

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._in, self._out = incoming, outgoing
        self._lock = threading.Lock()

    def send(self, said: Mapping[str, Any]) -> None:
        """Send a JSON object. Raises OSError when nobody reads any more."""
        self._put(WORDS, orjson.dumps(said, str, orjson.OPT_NON_STR_KEYS))

    def show(self, preview: Preview) -> None:
        """Send a picture. Raises OSError."""
        head = orjson.dumps([preview.node, preview.done, preview.total])
        self._put(PICTURE, struct.pack(">H", len(head)) + head + preview.jpeg)

    def receive(self) -> dict[str, Any] | Preview | None:
        """The next frame; None at the end, and after what is no frame."""
        try:
            head = self._in.read(HEAD.size)
            if len(head) < HEAD.size:
                return None
            size, kind = HEAD.unpack(head)
            body = self._in.read(size) if size <= LARGEST else b""
            if len(body) < size:
                return None
            return _picture(body) if kind == PICTURE else _object(body)
        except (OSError, ValueError):
            return None

    def _put(self, kind: int, body: bytes) -> None:
        with self._lock:
            try:
                self._out.write(HEAD.pack(len(body), kind) + body)
                self._out.flush()
            except ValueError as error:
                raise BrokenPipeError("the pipe is closed") from error


def _object(body: bytes) -> dict[str, Any]:
    found = orjson.loads(body)
    if not isinstance(found, dict):
        raise ValueError("a frame is a JSON object")
    return found


def _picture(body: bytes) -> Preview:
    (size,) = struct.unpack_from(">H", body)
    node, done, total = orjson.loads(body[2 : 2 + size])
    return Preview(node, done, total, body[2 + size :])


def settings_to_dict(settings: Settings) -> dict[str, Any]:
    """Settings as JSON can say them."""
    return {f.name: _plain(getattr(settings, f.name)) for f in fields(settings)}


def _plain(value: Any) -> Any:
    if isinstance(value, (tuple, frozenset)):
        return [str(one) for one in value]
    return str(value) if isinstance(value, Path) else value


def settings_from(said: Mapping[str, Any]) -> Settings:
    """The inverse of `settings_to_dict`."""
    folders = {name: tuple(map(Path, said[name])) for name in ("models", "inputs", "plugins")}
    words = {name: frozenset(said[name]) for name in ("disabled", "aside")}
    return Settings(**{**said, **folders, "home": Path(said["home"]), **words})
