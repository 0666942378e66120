"""The parts of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from calotype.graph import Edge, MapOver
from calotype.node import NodeSpec
from calotype.types import FileRef

Status = Literal["hit", "run", "later", "idle"]


@dataclass(frozen=True, slots=True)
class External:
    """A value from outside of the graph, at one input of one node: an item of a list that is mapped over."""

    key: str
    value: Any = None


NOTHING: Mapping[tuple[str, int | None], External] = MappingProxyType({})


@dataclass(slots=True)
class Entry:
    """A node in a plan.

    values: literals by input, defaults filled in, files resolved. links: the incoming edges that count (those of a
    lazy branch that is known not to be chosen do not). files: further files that count: the embeddings in its prompts.
    status: "hit" (stored), "run", "later" (a lazy branch that may be chosen while running), "idle" (nothing that runs
    needs it). reason: why it is not a hit, once explained.
    """

    node: str
    spec: NodeSpec
    key: str
    values: Mapping[str, Any]
    links: tuple[Edge, ...]
    status: Status = "idle"
    reason: str = ""
    over: MapOver | None = None
    externals: Mapping[tuple[str, int | None], External] = field(default_factory=lambda: NOTHING)
    files: tuple[FileRef, ...] = ()
    undecided: bool = False

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        said = {"node": self.node, "type": self.spec.id, "key": self.key, "status": self.status}
        return said | ({"reason": self.reason} if self.reason else {})


@dataclass(frozen=True, slots=True)
class Plan:
    """Ordered work of a run. entries: in topological order; targets: the nodes that the run is for."""

    entries: tuple[Entry, ...]
    targets: tuple[str, ...]
    by_node: Mapping[str, Entry]

    @property
    def hits(self) -> set[str]:
        """The nodes whose results are stored and used."""
        return {e.node for e in self.entries if e.status == "hit"}

    @property
    def runs(self) -> list[str]:
        """The nodes that will compute, in order."""
        return [e.node for e in self.entries if e.status == "run"]

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"targets": list(self.targets), "entries": [e.to_dict() for e in self.entries]}
