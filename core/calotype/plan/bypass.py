"""Disabled nodes: each output passes on what its node's first linked input of a fitting type brings."""

from __future__ import annotations

from dataclasses import replace

from calotype import sockets
from calotype.graph import Edge, Graph, Use
from calotype.registry import Registry

Through = tuple[str, str]  # node, output


def bypass(graph: Graph, registry: Registry) -> Graph:
    """The graph without its disabled nodes; links lead past them, or end where nothing can be passed on."""
    off = {i for i, use in graph.uses.items() if not use.enabled}
    if not off:
        return graph
    past: dict[Through, Through | None] = {}
    for node in graph.order():
        if node in off:
            past.update(_passed(graph.uses[node], registry, past))
    uses = {i: _relinked(use, past) for i, use in graph.uses.items() if i not in off}
    return Graph(uses)


def _passed(use: Use, registry: Registry, past: dict[Through, Through | None]) -> dict[Through, Through | None]:
    """Where each output of a disabled node really comes from. What it is linked to was resolved before it."""
    spec = registry.get(use.type)
    found: dict[Through, Through | None] = {}
    for output in spec.outputs.values() if spec else ():
        found[use.id, output.name] = None
        for edge in use.links:
            known = spec.inputs.get(edge.input) if spec else None
            if known and sockets.fit(sockets.substitute(known.socket, {}), output.socket, {}) is not None:
                found[use.id, output.name] = past.get((edge.source, edge.output), (edge.source, edge.output))
                break
    return found


def _relinked(use: Use, past: dict[Through, Through | None]) -> Use:
    links = []
    for edge in use.links:
        source = past.get((edge.source, edge.output), (edge.source, edge.output))
        if source is not None:
            links.append(Edge(source[0], source[1], edge.target, edge.input, edge.index))
    return replace(use, links=tuple(links))
