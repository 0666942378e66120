"""How runs reach workers, wherever those are: the protocol, and what crosses it as data that JSON can say."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Protocol

GRACE = 2.0  # seconds between asking a run to stop and killing its worker
MAX_PREVIEW = 64 * 1024  # bytes

WorkerState = Literal["starting", "idle", "busy", "dead"]


@dataclass(frozen=True, slots=True)
class Unit:
    """The work on one run that a worker gets. workflow: the document's JSON. previews: whether to send pictures."""

    run: str
    attempt: int
    workflow: Mapping[str, Any]
    targets: tuple[str, ...] | None = None
    previews: bool = True

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> Unit:
        """The inverse of `to_dict`."""
        targets = said["targets"]
        known = None if targets is None else tuple(targets)
        return cls(said["run"], said["attempt"], said["workflow"], known, said["previews"])


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of the run, as `Event.to_dict` gives it; its number is that of this attempt alone."""

    event: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Preview:
    """A picture of a step: a JPEG of at most 64 KB. It may be dropped."""

    node: str
    done: int
    total: int
    jpeg: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ended:
    """The run ended by itself. status: succeeded, failed, cancelled. record: `RunRecord.to_dict`, or empty.

    files: as in `Run.files`. error: as `CalotypeError.to_dict`, with what the worker printed as `output`.
    """

    status: Literal["succeeded", "failed", "cancelled"]
    record: dict[str, Any]
    files: list[dict[str, Any]]
    error: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """The worker went before the run ended. blame: the run is suspected of it. output: what the worker printed last."""

    reason: str
    blame: bool
    output: str = ""


Message = Happened | Preview | Ended | Lost


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """A worker as it stands. run: what it works on. resident: hashes and names of the models that it holds.

    rss, vram: bytes. started: ISO 8601. restarts: how often it was replaced.
    """

    id: str
    device: str
    state: WorkerState
    pid: int | None = None
    run: str | None = None
    resident: tuple[str, ...] = ()
    rss: int = 0
    vram: int = 0
    started: str = ""
    restarts: int = 0

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)


class Backend(Protocol):
    """Workers, and how to work with them. All of it is called from one event loop."""

    async def start(self) -> None:
        """Begin to start the workers; each is "starting" until it is "idle"."""

    async def stop(self, drain: float) -> None:
        """Wait up to `drain` seconds for what runs, then end every worker; what still ran is `Lost`, without blame."""

    def workers(self) -> list[WorkerInfo]:
        """Every worker, in the same order."""

    def watch(self, changed: Callable[[], None]) -> None:
        """Call `changed` in the loop whenever a worker becomes idle or dies."""

    def submit(self, worker: str, unit: Unit) -> AsyncIterator[Message]:
        """Run a unit on an idle worker. The last message is `Ended` or `Lost`, exactly once; nothing is raised."""

    async def cancel(self, run: str, grace: float = GRACE) -> None:
        """Ask a run to stop; after `grace` seconds its worker is killed and replaced. Returns when it is over."""

    async def ask(self, worker: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Ask an idle or busy worker: `{"ask": "resident" | "models" | "memory" | "unload" | "log"}`.

        Raises WorkerError. resident: {"models": [hashes and names]}; models: {"models": [what each is and where it
        sits]}; memory: {"rss", "vram"}; unload: {"freed": bytes}; log: {"lines": [...]}.
        """

    async def preload(self, document: Mapping[str, Any]) -> None:
        """Import and load in every worker what running the document needs. Raises CalotypeError."""
