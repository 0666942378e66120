"""What a run on a server made, as bytes."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.errors import FileError

if TYPE_CHECKING:
    from PIL.Image import Image as Picture


@dataclass(frozen=True, slots=True)
class MadeFile:
    """A finished file of a run. node: that made it; name: as the node called it."""

    node: str
    name: str
    media_type: str
    digest: str
    data: bytes = field(repr=False)

    def save(self, path: str | Path) -> Path:
        """Write it. Raises FileError."""
        target = Path(path)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(self.data)
        except OSError as error:
            raise FileError(f'cannot write "{target}": {error.strerror or error}') from error
        return target


@dataclass(frozen=True, slots=True)
class Opened:
    """A workflow of the server. etag: what a change to it has to name; template: it cannot be changed."""

    name: str
    document: dict[str, Any]
    etag: str
    template: bool


@dataclass(frozen=True)
class Made:
    """A run that succeeded. run: as the server has it; files: those that the workflow saves, in order."""

    run: Mapping[str, Any]
    files: tuple[MadeFile, ...]

    @property
    def pictures(self) -> list[bytes]:
        """The pictures, each as the bytes of its file, with the record of the run inside."""
        return [f.data for f in self.files if f.media_type.startswith("image/")]

    @cached_property
    def images(self) -> list[Picture]:
        """The pictures, as PIL images."""
        from PIL import Image

        return [Image.open(io.BytesIO(data)) for data in self.pictures]
