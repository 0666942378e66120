"""Nodes that ComfyUI runs once for each item of a list, as a subgraph that is mapped over that list.

There a node that gives a list has everything behind it run once an item, as far as a node that takes a list whole. Here
such nodes stand in a subgraph of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

LISTS = frozenset({"RebatchLatents", "RebatchImages"})
"""Our types that take lists whole, and give one."""

Nodes = dict[str, dict[str, Any]]
REMARK = "what comes behind it runs once for each batch, in the subgraph {0}: {1}"


def map_lists(document: dict[str, Any]) -> list[tuple[str, str]]:
    """Put what runs once an item into subgraphs; changes the document. What to say of which node.

    What comes behind two lists at once stays as it is, and validation says so.
    """
    nodes: Nodes = document["nodes"]
    said = []
    behind = {id: _behind(nodes, id) for id, node in nodes.items() if node["type"] in LISTS}
    for id, inside in behind.items():
        if not inside or any(inside & others for other, others in behind.items() if other != id):
            continue
        name = _free(f"{id}_each", {*nodes, *document.get("subgraphs", {})})
        document.setdefault("subgraphs", {})[name] = _made(nodes, id, name, inside)
        said.append((id, REMARK.format(name, ", ".join(sorted(inside)))))
        layout = document.get("layout", {})
        for one in inside:
            layout.pop(one, None)
    return said


def _behind(nodes: Nodes, list_id: str) -> set[str]:
    """What comes behind a list, as far as the next one."""
    found: set[str] = set()
    waiting = {list_id}
    while waiting:
        waiting = {
            id
            for id, node in nodes.items()
            if id not in found and node["type"] not in LISTS and any(s in waiting for s, _, _ in _links(node))
        }
        found |= waiting
    return found


def _links(node: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Of a node, each link: the node and the end it comes from, and the place that it goes to."""
    for name, value in node["inputs"].items():
        for at, one in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(one, dict) and isinstance(one.get("from"), str):
                yield one["from"].rpartition(".")[0], one["from"], name if at is None else f"{name}.{at}"


def _made(nodes: Nodes, list_id: str, name: str, inside: set[str]) -> dict[str, Any]:
    """Take nodes out, put an instance in their place; the subgraph."""
    moved = {id: nodes.pop(id) for id in list(nodes) if id in inside}
    ports: dict[str, str] = {}  # end outside -> port
    to: dict[str, list[str]] = {}
    for id, node in moved.items():
        for source, end, place in list(_links(node)):
            if source not in moved:
                port = ports.setdefault(end, _free(place.partition(".")[0], set(ports.values())))
                to.setdefault(port, []).append(f"{id}.{place}")
                _cut(node, place)
    outer = {port: {"from": end} for end, port in ports.items()}
    mapped = [port for end, port in ports.items() if end.rpartition(".")[0] == list_id]
    outputs: dict[str, str] = {}  # end inside -> port
    for node in nodes.values():
        for source, end, place in list(_links(node)):
            if source in moved:
                port = outputs.setdefault(end, _free(end.rpartition(".")[2], set(outputs.values())))
                _cut(node, place, {"from": f"{name}.{port}"})
    nodes[name] = {"type": f"subgraph/{name}", "map": mapped, "inputs": outer}
    return {
        "inputs": {port: {"to": places} for port, places in to.items()},
        "outputs": {port: {"from": end} for end, port in outputs.items()},
        "nodes": moved,
    }


def _cut(node: dict[str, Any], place: str, instead: Any = None) -> None:
    """Take a link away, or put another in its place."""
    name, _, at = place.partition(".")
    if at:
        node["inputs"][name][int(at)] = instead
    elif instead is None:
        del node["inputs"][name]
    else:
        node["inputs"][name] = instead


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name
