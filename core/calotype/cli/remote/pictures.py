"""The pictures that a document names, sent to a server, and named there by their content."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from calotype.errors import FileError
from calotype.files import Files
from calotype.registry import Registry
from calotype.workflow import Document
from calotype.workflow.document import Nodes
from calotype.workflow.ports import behind
from calotype.workflow.values import is_link

INPUT = "input"


class Pictures:
    """Responsibilities: find the pictures of this machine in a document, send each content once, and name them as the
    server does. What is not here is left as it stands: the server may have it.
    """

    def __init__(self, folders: Iterable[Path], send: Callable[[Path], str]) -> None:
        self._files = Files({INPUT: list(dict.fromkeys(folders))})
        self._send = send
        self._sent: dict[tuple[Path, int, int], str] = {}

    def sent(self, document: Document, registry: Registry) -> Document:
        """The document with the names that its pictures have on the server."""
        nodes = self._nodes(document, registry, document.nodes)
        subgraphs = {
            name: replace(part, nodes=self._nodes(document, registry, part.nodes))
            for name, part in document.subgraphs.items()
        }
        return replace(document, nodes=nodes, subgraphs=subgraphs)

    def _nodes(self, document: Document, registry: Registry, nodes: Nodes) -> Nodes:
        changed: Nodes = {}
        for id, node in nodes.items():
            given = {
                name: self._value(value)
                for name, value in node.get("inputs", {}).items()
                if _takes_picture(document, registry, nodes, id, name)
            }
            if given:
                changed[id] = {**node, "inputs": {**node["inputs"], **given}}
        return {id: changed.get(id, node) for id, node in nodes.items()}

    def _value(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._value(item) for item in value]
        if is_link(value):
            return value
        name, hash = (value.get("file"), value.get("hash", "")) if isinstance(value, dict) else (value, "")
        if not isinstance(name, str) or not isinstance(hash, str):
            return value
        try:
            path = self._files.find(INPUT, name, hash)
        except FileError:
            return value
        return {"file": self._name(path)} if path.is_file() else value

    def _name(self, path: Path) -> str:
        found = path.stat()
        key = (path, found.st_size, found.st_mtime_ns)
        if key not in self._sent:
            self._sent[key] = self._send(path)
        return self._sent[key]


def _takes_picture(document: Document, registry: Registry, nodes: Nodes, id: str, input: str) -> bool:
    spec, _ = behind(document, registry, nodes, id, input)
    return spec is not None and spec.folder == INPUT
