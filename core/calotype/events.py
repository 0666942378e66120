"""The events of a run: frozen, numbered from 1, each a small dataclass with a name.

`seq` orders them within a run; `at` is seconds since the run started. `to_dict` is the JSON form, with `event` naming
the kind, as the command line prints it and a server streams it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from calotype.types import Image


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a run."""

    run: str
    seq: int
    at: float

    def to_dict(self) -> dict[str, Any]:
        """JSON form; a preview's pixels are left out."""
        said = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "preview"}
        return {"event": type(self).__name__} | said


@dataclass(frozen=True, slots=True)
class RunStarted(Event):
    """The run begins. total: nodes that may have to compute; hits: nodes whose results are stored."""

    total: int
    hits: int


@dataclass(frozen=True, slots=True)
class NodeStarted(Event):
    """A node begins to compute."""

    node: str
    type: str


@dataclass(frozen=True, slots=True)
class NodeProgress(Event):
    """A node is at step `done` of `total`."""

    node: str
    done: int
    total: int
    preview: Image | None = None


@dataclass(frozen=True, slots=True)
class NodeFinished(Event):
    """A node's results are there. hit: they were stored; seconds: what computing them took."""

    node: str
    hit: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class NodeFailed(Event):
    """A node did not compute; error: as `CalotypeError.to_dict` gives it."""

    node: str
    error: dict[str, Any]


@dataclass(frozen=True, slots=True)
class NodeSkipped(Event):
    """A node was left out because `because`, which it needs, failed."""

    node: str
    because: str


@dataclass(frozen=True, slots=True)
class Warned(Event):
    """Something that the user should know and that did not stop the run."""

    node: str
    message: str


@dataclass(frozen=True, slots=True)
class ModelMoved(Event):
    """The memory manager did something for a node. what: loaded (from its file), placed (on the device), moved out,
    unloaded, retried (after running out of memory), degraded (computed otherwise, which changes the result).

    model: the name of its file; part: which part of it; how: resident, streamed, ...; bytes: that it is about;
    seconds: that it took; why: for people.
    """

    node: str
    what: str
    model: str
    part: str
    how: str
    bytes: int
    seconds: float
    why: str


@dataclass(frozen=True, slots=True)
class FileWritten(Event):
    """A finished file lies at `path`. new: False when the same file lay there already."""

    node: str
    path: str
    new: bool


@dataclass(frozen=True, slots=True)
class RunFinished(Event):
    """The run ended. status: succeeded, failed or cancelled."""

    status: str
    seconds: float
