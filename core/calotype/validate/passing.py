"""Disabled nodes: each output passes on what the first linked input of a fitting type brings."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from calotype import sockets
from calotype.graph import Edge, Graph, Use
from calotype.node import NodeSpec

End = tuple[str, str]  # node, output
SpecOf = Callable[[Use], NodeSpec | None]


def bypass(graph: Graph, spec_of: SpecOf) -> tuple[Graph, dict[Edge, str]]:
    """The graph without its disabled nodes, its links leading past them; and the links that led to nothing.

    The second says for each link that is gone (as it was) the disabled node that has nothing to pass on to it. Raises
    GraphError where the graph has a cycle.
    """
    off = {id for id, use in graph.uses.items() if not use.enabled}
    if not off:
        return graph, {}
    past: dict[End, End | str] = {}
    for id in graph.order():
        if id in off:
            past |= _passed(graph.uses[id], spec_of(graph.uses[id]), past)
    lost: dict[Edge, str] = {}
    uses = {id: _relinked(use, past, off, lost) for id, use in graph.uses.items() if id not in off}
    return Graph(uses), lost


def _passed(use: Use, spec: NodeSpec | None, past: Mapping[End, End | str]) -> dict[End, End | str]:
    """Where each output of a disabled node really comes from; the id of a disabled node where from nowhere."""
    found: dict[End, End | str] = {}
    links = {edge.input: edge for edge in reversed(use.links) if edge.index is None}
    for output in spec.outputs.values() if spec else ():
        found[use.id, output.name] = use.id
        for known in spec.inputs.values() if spec else ():
            edge = links.get(known.name)
            bare = sockets.substitute(output.socket, {})
            if edge and not known.variadic and sockets.fit(sockets.substitute(known.socket, {}), bare, {}) is not None:
                found[use.id, output.name] = past.get((edge.source, edge.output), (edge.source, edge.output))
                break
    return found


def _relinked(use: Use, past: Mapping[End, End | str], off: set[str], lost: dict[Edge, str]) -> Use:
    if not any(edge.source in off for edge in use.links):
        return use
    links = []
    for edge in use.links:
        end = past.get((edge.source, edge.output), edge.source) if edge.source in off else (edge.source, edge.output)
        if isinstance(end, str):
            lost[edge] = end
        else:
            links.append(Edge(end[0], end[1], edge.target, edge.input, edge.index))
    return use._replace(links=tuple(links))
