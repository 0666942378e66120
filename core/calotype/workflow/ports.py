"""What stands behind an input: of a node itself, or of an instance whose ports lead to a node inside."""

from __future__ import annotations

from typing import Any

from calotype.node import REQUIRED, InputSpec
from calotype.registry import Registry
from calotype.workflow.document import ABSENT, SUBGRAPH, Document, Nodes
from calotype.workflow.values import place


def behind(document: Document, registry: Registry, nodes: Nodes, id: str, input: str) -> tuple[InputSpec | None, Any]:
    """The spec behind an input of one of `nodes`, through ports inwards, and the value that stands inside.

    The spec is None where anything on the way is not known. The value is `REQUIRED` where nothing stands inside: it is
    the port's default, or what the inner node has; never what `nodes` themselves say.
    """
    inside: Any = REQUIRED
    for depth in range(len(document.subgraphs) + 1):
        node = nodes.get(id)
        if node is None:
            break
        if inside is REQUIRED and depth:
            inside = node.get("inputs", {}).get(input, REQUIRED)
        if not node["type"].startswith(SUBGRAPH):
            spec = registry.get(node["type"])
            return (spec.inputs.get(input) if spec else None), inside
        subgraph = document.subgraphs.get(node["type"][len(SUBGRAPH) :])
        port = subgraph.inputs.get(input) if subgraph else None
        if subgraph is None or port is None or not port.to:
            break
        if inside is REQUIRED and port.default is not ABSENT:
            inside = port.default
        nodes, spot = subgraph.nodes, place(port.to[0])
        id, input = spot.node, spot.input
    return None, REQUIRED
