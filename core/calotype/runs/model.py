"""What a run is to the queue, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

State = Literal["queued", "running", "succeeded", "failed", "cancelled", "quarantined"]
STATES: tuple[State, ...] = get_args(State)
ENDED: frozenset[State] = frozenset({"succeeded", "failed", "cancelled", "quarantined"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What is asked for.

    workflow: the document's JSON with its seeds resolved. targets: nodes to run to, None for the output nodes.
    priority: higher goes first. client: who asks. group: id of a batch or sweep. models: hashes or names of the model
    files, for affinity and search. types: of its nodes. prompt: its texts, for search. See `submission_of`.
    """

    workflow: Mapping[str, Any]
    name: str = ""
    targets: tuple[str, ...] | None = None
    priority: int = 0
    client: str = ""
    kind: str = "run"
    group: str = ""
    models: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    prompt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run as it stands now.

    place: 1-based position among the queued, else None. created, started, ended: UTC, ISO 8601, milliseconds; started
    is that of the first attempt. attempts: how often a worker took it. seconds: what its last attempt took. cancelling:
    it runs and was asked to stop. last_seq: number of its newest event. files: each `{"node", "name", "digest",
    "media_type", "bytes", "kept"}`. pruned: only its state is still known.
    """

    id: str
    name: str
    state: State
    priority: int = 0
    place: int | None = None
    created: str = ""
    started: str | None = None
    ended: str | None = None
    attempts: int = 0
    seconds: float | None = None
    error: dict[str, Any] | None = None
    group: str = ""
    client: str = ""
    kind: str = "run"
    worker: str = ""
    cancelling: bool = False
    last_seq: int = 0
    files: list[dict[str, Any]] = field(default_factory=list)
    pruned: bool = False

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A queued run as a scheduler sees it. models: hashes or names; the order of the queue is that of the list."""

    id: str
    priority: int
    client: str
    models: frozenset[str]


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a run. token: rises with every claim, so that an older holder is known and refused."""

    run: str
    token: int
    attempt: int
    workflow: dict[str, Any]
    targets: tuple[str, ...] | None
    worker: str
    client: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which runs are meant. Everything that is given must hold.

    state: one or several. search: words of prompts, names, models and node types, each must occur. model, type: a
    model's hash or name, a node type. since, until: ISO 8601, of creation. cursor: `Page.next` of the page before.
    Queued runs alone come in the order of the queue, others newest first.
    """

    state: tuple[State, ...] = ()
    search: str = ""
    model: str = ""
    type: str = ""
    since: str = ""
    until: str = ""
    group: str = ""
    client: str | None = None
    limit: int = 50
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the runs; next: the cursor of the following page, empty at the end."""

    items: list[Run]
    next: str = ""
