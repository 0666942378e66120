"""What a run leaves behind, node by node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from calotype.errors import CalotypeError
from calotype.store import Stored

NodeStatus = Literal["hit", "ran", "failed", "skipped", "idle", "cancelled"]
RunStatus = Literal["succeeded", "failed", "cancelled"]


@dataclass(slots=True)
class NodeRecord:
    """One node in one run. seconds: wall time of computing. rss: resident bytes of the process before, at its peak
    while the node ran, and after; vram: the same on the device, where there is one. degraded: what was
    done for want of memory that changes the result, here or in what it comes from; such a result is not stored.
    """

    node: str
    type: str
    version: int
    key: str
    status: NodeStatus = "idle"
    seconds: float = 0.0
    rss: tuple[int, int, int] | None = None
    vram: tuple[int, int, int] | None = None
    files: Mapping[str, str] | None = None
    error: dict[str, Any] | None = None
    degraded: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON form, without what is empty."""
        said: dict[str, Any] = {"type": self.type, "version": self.version, "key": self.key, "status": self.status}
        if self.status == "ran":
            said["seconds"] = round(self.seconds, 6)
        for name in ("rss", "vram", "files", "error", "degraded"):
            value = getattr(self, name)
            if value:
                said[name] = value
        return said


@dataclass(slots=True)
class Outcome:
    """How a run ended: its status, its nodes, the first error, and the results that are at hand."""

    status: RunStatus
    records: dict[str, NodeRecord]
    results: Mapping[str, Stored]
    error: CalotypeError | None = None

    @property
    def executed(self) -> list[str]:
        """The nodes that computed, in order."""
        return [n for n, r in self.records.items() if r.status == "ran"]

    @property
    def hits(self) -> set[str]:
        """The nodes whose results were stored."""
        return {n for n, r in self.records.items() if r.status == "hit"}
