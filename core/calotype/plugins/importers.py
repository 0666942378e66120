"""Files of other programs: what a plugin brings to read them, and finding the one that can.

The root module of a plugin lists its importers in `IMPORTERS`. They are asked only for what is no workflow of ours, so
that a plain start imports no plugin. The engine knows no format but its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import orjson

from calotype.errors import CalotypeError, FileError, WorkflowError
from calotype.exports import KEYWORD
from calotype.images import SIGNATURE, text_of
from calotype.workflow import Document, read
from calotype.workflow.parse import MAX_BYTES, parse


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One thing that an importer has to say. node: its id in the document; warning: what runs is not the same."""

    message: str
    node: str = ""
    type: str = ""
    warning: bool = False

    def __str__(self) -> str:
        place = f'node "{self.node}"{f" ({self.type})" if self.type else ""}: ' if self.node else ""
        return f"{place}{self.message}"

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"message": self.message, "node": self.node, "type": self.type, "warning": self.warning}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of a foreign workflow.

    format: what it is. mapped: node id -> its type there and here. unknown: node id -> its type there, of which there
    is no counterpart; such a node is kept with its inputs, and cannot run.
    """

    format: str
    mapped: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every node has a counterpart, and nothing was changed or left out."""
        return not self.unknown and not any(n.warning for n in self.notes)

    def warnings(self) -> list[str]:
        """What somebody who runs it has to know, a line each."""
        unknown = [f'node "{id}": {kind} has no counterpart' for id, kind in self.unknown.items()]
        return [*unknown, *(str(n) for n in self.notes if n.warning)]

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "format": self.format,
            "mapped": {id: list(types) for id, types in self.mapped.items()},
            "unknown": dict(self.unknown),
            "notes": [n.to_dict() for n in self.notes],
        }


@dataclass(frozen=True, slots=True)
class Imported:
    """A foreign workflow as a document, in JSON, and what became of it."""

    document: dict[str, Any]
    report: Report


class Importer(Protocol):
    """Reads the workflows of another program. Neither method raises, whatever the JSON is.

    data: the JSON object of a file; for a PNG, an object of its texts by keyword, those that are JSON decoded.
    """

    name: str

    def recognises(self, data: Mapping[str, Any]) -> bool:
        """Whether this is a file of that program."""

    def convert(self, data: Mapping[str, Any]) -> Imported:
        """The document, with everything in it that could be read."""


Importers = Callable[[], Iterable[Importer]]


def open_workflow(path: Path, importers: Importers) -> tuple[Document, Report | None]:
    """The workflow in a file: ours, inside a picture that a run made, or one that an importer reads.

    Raises FileError, WorkflowError.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise FileError(f'cannot read "{path}": {getattr(error, "strerror", None) or error}') from error
    return open_bytes(data, str(path), importers)


def open_bytes(data: bytes, name: str, importers: Importers) -> tuple[Document, Report | None]:
    """The workflow in the contents of a file called `name`. Raises FileError, WorkflowError."""
    record = _record(data, name)
    if record is not None:
        return read(record, name), None
    try:
        return read(data, name), None
    except WorkflowError as error:
        found = _foreign(data)
        importer = next((i for i in importers() if i.recognises(found)), None) if found else None
        if importer is None or found is None:
            raise _no_picture(data, name) or error from None
    imported = importer.convert(found)
    return read({**imported.document, "name": imported.document.get("name") or Path(name).stem}, name), imported.report


def _record(data: bytes, name: str) -> dict[str, Any] | None:
    """The workflow in a picture that a run made."""
    if not data.startswith(SIGNATURE):
        return None
    try:
        text = text_of(data).get(KEYWORD)
    except FileError as error:
        raise FileError(f'"{name}" cannot be read: {error}') from None
    try:
        workflow = orjson.loads(text)["workflow"] if text else None
    except (ValueError, KeyError, TypeError):
        raise FileError(f'the record in "{name}" is damaged') from None
    return workflow if isinstance(workflow, dict) else None


def _no_picture(data: bytes, name: str) -> FileError | None:
    if not data.startswith(SIGNATURE):
        return None
    return FileError(
        f'"{name}" holds no record: it was not made by calotype, nor by a program whose workflows a plugin reads, '
        "or its text was removed"
    )


def _foreign(data: bytes) -> dict[str, Any] | None:
    """What importers are asked about: a JSON object that does not say it is ours, or the texts of a PNG."""
    try:
        if data.startswith(SIGNATURE):
            return {keyword: _decoded(text) for keyword, text in text_of(data).items()}
        said, _ = parse(data)
    except CalotypeError:
        return None
    return said if isinstance(said, dict) and "calotype" not in said else None


def _decoded(text: str) -> Any:
    try:
        return parse(text)[0]
    except WorkflowError:
        return text
