"""Seeds that are left to chance are drawn before the run, and stand in the record as numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from calotype.registry import Registry
from calotype.workflow.document import SUBGRAPH, Document, Nodes, Subgraph
from calotype.workflow.ports import behind
from calotype.workflow.values import place

RANDOM = "random"


def resolve_seeds(document: Document, registry: Registry, draw: Callable[[], int]) -> Document:
    """The document with a number for every seed that is "random", also inside of subgraphs and on their ports.

    draw: 0 to 2**64 - 1. Seeds are drawn in the order of the ids, so that the same draws give the same document. Within
    a subgraph a seed is drawn once for all its instances, rounds and items.
    """
    drawing = _Drawing(document, registry, draw)
    nodes = drawing.nodes(document.nodes)
    subgraphs = {name: drawing.subgraph(document.subgraphs[name]) for name in sorted(document.subgraphs)}
    return replace(document, nodes=nodes, subgraphs=subgraphs)


class _Drawing:
    def __init__(self, document: Document, registry: Registry, draw: Callable[[], int]) -> None:
        self._document = document
        self._registry = registry
        self._draw = draw

    def subgraph(self, subgraph: Subgraph) -> Subgraph:
        nodes = self.nodes(subgraph.nodes)
        ports = dict(subgraph.inputs)
        for name, port in sorted(ports.items()):
            spots = [place(text) for text in port.to]
            if port.default == RANDOM and any(self._is_seed(subgraph.nodes, s.node, s.input) for s in spots):
                ports[name] = replace(port, default=self._draw())
        return replace(subgraph, nodes=nodes, inputs=ports)

    def nodes(self, nodes: Nodes) -> Nodes:
        changed: Nodes = {}
        for id in sorted(id for id, node in nodes.items() if RANDOM in node.get("inputs", {}).values()):
            given: dict[str, Any] = nodes[id]["inputs"]
            seeds = [n for n, v in sorted(given.items()) if v == RANDOM and self._is_seed(nodes, id, n)]
            if seeds:
                changed[id] = {**nodes[id], "inputs": {**given, **{name: self._draw() for name in seeds}}}
        return {id: changed.get(id, node) for id, node in nodes.items()} if changed else nodes

    def _is_seed(self, nodes: Nodes, id: str, input: str) -> bool:
        if nodes[id]["type"].startswith(SUBGRAPH):
            spec = behind(self._document, self._registry, nodes, id, input)[0] if id in nodes else None
        else:
            known = self._registry.get(nodes[id]["type"])
            spec = known.inputs.get(input) if known else None
        return spec is not None and spec.role == "seed"
