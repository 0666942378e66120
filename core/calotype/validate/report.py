"""Where problems are collected, each with the place in the document that it is about."""

from __future__ import annotations

from typing import Any

from calotype.errors import Problem
from calotype.graph import Use
from calotype.workflow import Document
from calotype.workflow.document import SUBGRAPH
from calotype.workflow.near import Nearest
from calotype.workflow.values import pointer


class Report:
    """Responsibilities: keep problems in order; find the JSON pointer of a node of the flat graph; nearest names."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = []
        self.near = Nearest()

    def add(self, code: str, message: str, **said: Any) -> None:
        """A problem that is about no one node."""
        self.problems.append(Problem(code=code, message=message, **said))

    def node(self, code: str, message: str, id: str, type: str, input: str | None = None, **said: Any) -> None:
        """A problem of a node, or of one of its inputs. id: in the flat graph."""
        at = self.pointer(id, input)
        self.problems.append(Problem(code=code, message=message, node=id, type=type, input=input, pointer=at, **said))

    def use(self, code: str, message: str, use: Use, prefix: str, input: str | None = None, **said: Any) -> None:
        """A problem of a use in the graph of a map's body (prefix: the map's id and "/") or in the whole graph."""
        self.node(code, message, prefix + use.id, use.type, input, **said)

    def pointer(self, id: str, input: str | None = None) -> str:
        """The JSON pointer of a node of the flat graph, or of its input where the file has one there."""
        at, node = self._walk(id)
        if input is None or node is None or input not in node.get("inputs", {}):
            return at
        return at + pointer("inputs", input)

    def in_order(self) -> list[Problem]:
        """The problems in the order of the nodes in the file; before them, those of no node."""
        places = {id: at for at, id in enumerate(self.document.nodes)}
        return sorted(self.problems, key=lambda p: -1 if p.node is None else places.get(p.node.split("/", 1)[0], -1))

    def is_instance(self, id: str) -> bool:
        """Whether an id that is not in the flat graph is that of an instance, whose nodes are."""
        node = self._walk(id)[1]
        return node is not None and node["type"].startswith(SUBGRAPH)

    def _walk(self, id: str) -> tuple[str, dict[str, Any] | None]:
        nodes, at = self.document.nodes, "/nodes"
        steps = iter(id.split("/"))
        for step in steps:
            node = nodes.get(step)
            if node is None:
                return at, None
            found = at + pointer(step)
            name = node["type"].removeprefix(SUBGRAPH)
            inner = self.document.subgraphs.get(name) if node["type"].startswith(SUBGRAPH) else None
            if inner is None:
                return found, node
            if "repeat" in node:
                next(steps, None)  # the round
            nodes, at = inner.nodes, pointer("subgraphs", name, "nodes")
        return found, node
