"""Nodes and edges in memory: order, ancestors, cycles. Every function is linear and iterative: depth is no limit.

Edges point the way that values flow, from `source` to `target`. An edge from a node that does not exist is kept (it is
for validation to say so) and counts for nothing here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from types import MappingProxyType
from typing import Any, NamedTuple

from calotype.errors import GraphError, Problem

SHOWN_CYCLE = 12  # nodes of a cycle that a message names
NO_INPUTS: Mapping[str, Any] = MappingProxyType({})


class Edge(NamedTuple):
    """From an output to an input. index: which item of a variadic input, or None."""

    source: str
    output: str
    target: str
    input: str
    index: int | None = None  # type: ignore[assignment]  # a tuple has a method of that name


@dataclass(frozen=True, slots=True)
class MapOver:
    """A subgraph that is run once per item of a list.

    over: the ports that take a list, all of one length. inputs: port -> "node.input" (or "node.input.index") places
    in the body; outputs: port -> (node, output) in the body. Every output is the list of its values.
    """

    over: tuple[str, ...]
    body: Graph
    inputs: Mapping[str, tuple[str, ...]]
    outputs: Mapping[str, tuple[str, str]]


class Use(NamedTuple):
    """A node in a graph: a node type in use.

    inputs: literals by name; of a list with links in it, the list with None in the linked places. links: what comes in.
    """

    id: str
    type: str
    inputs: Mapping[str, Any] = NO_INPUTS
    links: tuple[Edge, ...] = ()
    enabled: bool = True
    version: int | None = None
    map: MapOver | None = None


class Graph:
    """Uses by id and the edges between them, never changed after it was built.

    Responsibilities: topological order, ancestors and descendants, and the path of a cycle when there is one.
    """

    def __init__(self, uses: Mapping[str, Use] | Iterable[Use]) -> None:
        self.uses: Mapping[str, Use] = uses if isinstance(uses, Mapping) else {use.id: use for use in uses}

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """Every edge, in the order of its target."""
        return tuple(chain.from_iterable(use.links for use in self.uses.values()))

    @property
    def targets(self) -> Mapping[str, list[str]]:
        """For each node, the nodes that its outputs go to, once per edge."""
        return self._flow[0]

    @cached_property
    def _flow(self) -> tuple[dict[str, list[str]], dict[str, int]]:
        """The targets of each node, and how many edges come to it, both from one pass."""
        targets: dict[str, list[str]] = {id: [] for id in self.uses}
        coming: dict[str, int] = {}
        for id, use in self.uses.items():
            count = 0
            for edge in use.links:
                if (there := targets.get(edge.source)) is not None:
                    there.append(id)
                    count += 1
            coming[id] = count
        return targets, coming

    def sources(self, id: str) -> list[str]:
        """The nodes that a node takes values from, once per edge; those that exist."""
        return [edge.source for edge in self.uses[id].links if edge.source in self.uses]

    def order(self) -> list[str]:
        """Every node after all that it takes values from; stable, and branch by branch, so that results end early.

        Raises GraphError with the path of a cycle when there is one.
        """
        found = self.sorted()
        if len(found) < len(self.uses):
            raise GraphError(*_told(self._cycle_among(self.uses.keys() - set(found))))
        return found

    def cycle(self) -> list[str] | None:
        """The nodes of one cycle in the way of the values, first to last; None when there is no cycle."""
        found = self.sorted()
        return None if len(found) == len(self.uses) else self._cycle_among(self.uses.keys() - set(found))

    def ancestors(self, ids: Iterable[str]) -> set[str]:
        """Every node that one of `ids` needs, without `ids` unless they need each other."""
        return _reach(ids, self.sources)

    def descendants(self, ids: Iterable[str]) -> set[str]:
        """Every node that needs one of `ids`, without `ids` unless they need each other."""
        return _reach(ids, self.targets.__getitem__)

    def sorted(self) -> list[str]:
        """As `order`, without the nodes that are on a cycle or behind one. Kahn's algorithm with a stack."""
        targets, coming = self._flow
        waits_for = coming.copy()
        ready = [id for id in reversed(waits_for) if not waits_for[id]]
        found = []
        while ready:
            one = ready.pop()
            found.append(one)
            for id in reversed(targets[one]):
                left = waits_for[id] - 1
                if left:
                    waits_for[id] = left
                else:
                    ready.append(id)
        return found

    def _cycle_among(self, left: set[str]) -> list[str]:
        """A cycle among nodes that each wait for another of them: walk upstream until a node comes again."""
        at = next(id for id in self.uses if id in left)
        walked: dict[str, None] = {}
        while at not in walked:
            walked[at] = None
            at = next(id for id in self.sources(at) if id in left)
        path = list(walked)
        upstream = path[path.index(at) :]
        first = min(range(len(upstream)), key=upstream.__getitem__)  # the same path wherever the walk began
        return [upstream[first], *reversed(upstream[:first]), *reversed(upstream[first + 1 :])]


def _reach(ids: Iterable[str], step: Callable[[str], Iterable[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(ids)
    while waiting:
        for id in step(waiting.pop()):
            if id not in found:
                found.add(id)
                waiting.append(id)
    return found


def cycle_text(path: list[str]) -> str:
    """`a -> b -> a`, shortened in the middle when it is long."""
    shown = path if len(path) <= SHOWN_CYCLE else [*path[: SHOWN_CYCLE - 1], f"({len(path) - SHOWN_CYCLE + 1} more)"]
    return " -> ".join([*shown, path[0]])


def _told(path: list[str]) -> tuple[str, list[Problem]]:
    problem = Problem(
        code="cycle",
        message=f"the nodes go in a circle: {cycle_text(path)}",
        node=path[0],
        value=path,
        hint="Take one of these links away.",
    )
    return str(problem), [problem]
