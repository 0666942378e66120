"""`--save` on a server: a node that turns the wanted result into a file, which is fetched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calotype import sockets
from calotype.cli.usage import UsageError
from calotype.errors import FileError
from calotype.registry import Registry
from calotype.sockets import Socket
from calotype.workflow import Document
from calotype.workflow.document import SUBGRAPH, Nodes

PREFIX = "save_on_this_machine"
SAVERS = {"Image": ("SaveImage", "images", (".png",)), "str": ("SaveText", "text", (".txt", ""))}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A result that is wanted as a file. node: whose files it is; added: that node is not one of the workflow's."""

    node: str
    path: Path
    added: bool


def wanting(document: Document, registry: Registry, save: Mapping[str, Path]) -> tuple[Document, list[Wanted]]:
    """The document with a node for each result that is wanted. Raises FileError, UsageError."""
    nodes, wanted = dict(document.nodes), list[Wanted]()
    for number, (end, path) in enumerate(save.items()):
        node, _, output = end.rpartition(".")
        names = sockets.names(_socket(document, registry, end))
        if "Saved" in names:
            wanted.append(Wanted(node, path, added=False))
            continue
        saver = next((SAVERS[n] for n in sorted(names) if n in SAVERS), None)
        if saver is None or path.suffix.lower() not in saver[2]:
            kinds = "pictures as .png, texts as .txt, and files that nodes make"
            raise UsageError(f"--save {end}={path}: from a server come {kinds}; for other results run it here")
        id = _free(nodes, number)
        nodes[id] = {"type": saver[0], "inputs": {saver[1]: {"from": f"{node}.{output}"}}}
        wanted.append(Wanted(id, path, added=True))
    return document.with_nodes(nodes), wanted


def _free(nodes: Mapping[str, Any], number: int) -> str:
    id = f"{PREFIX}_{number}"
    while id in nodes:
        id += "_"
    return id


def _socket(document: Document, registry: Registry, end: str) -> Socket:
    """The type of "node.output", through subgraphs inwards. Raises FileError."""
    nodes: Nodes = document.nodes
    source = end
    for _ in range(len(document.subgraphs) + 1):
        id, _, output = source.rpartition(".")
        node = nodes.get(id)
        if node is None:
            raise FileError(f'--save {end}: there is no node "{id or source}"; write NODE.OUTPUT=PATH')
        kind = str(node["type"])
        subgraph = document.subgraphs.get(kind.removeprefix(SUBGRAPH)) if kind.startswith(SUBGRAPH) else None
        if subgraph is not None and output in subgraph.outputs:
            nodes, source = subgraph.nodes, subgraph.outputs[output].source
            continue
        spec = registry.get(kind)
        known = list(subgraph.outputs) if subgraph is not None else list(spec.outputs) if spec else []
        if spec is None or output not in spec.outputs:
            raise FileError(f'--save {end}: "{id}" has no output "{output}"; it has {", ".join(known) or "none"}')
        return spec.outputs[output].socket
    raise FileError(f"--save {end}: its subgraphs hold each other")
