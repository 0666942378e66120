"""What `replay` compares: the record inside a picture with this machine, and pixels with pixels."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calotype.errors import FileError
from calotype.exports import read_record
from calotype.registry import Registry
from calotype.services import Services
from calotype.workflow import Document, read

RUNTIME = ("calotype", "torch", "diffusers", "device", "dtype", "machine")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A picture's record. node: the one that made the file; index: which of its files it is."""

    workflow: dict[str, Any]
    runtime: dict[str, Any]
    nodes: dict[str, dict[str, Any]]
    node: str
    index: int

    @classmethod
    def read(cls, picture: Path) -> Recorded:
        """From a file. Raises FileError."""
        match read_record(picture):
            case {
                "workflow": dict() as workflow,
                "runtime": dict() as runtime,
                "nodes": dict() as nodes,
                "node": str() as node,
                "index": int() as index,
            }:
                return cls(workflow, runtime, nodes, node, index)
        raise FileError(f'the record in "{picture}" is not complete; it cannot be replayed')

    def document(self, registry: Registry, *, alone: bool) -> tuple[Document, int]:
        """The workflow, and which file of the node's to look at. alone: only the picture itself is computed.

        Raises FileError where the workflow has no input for that.
        """
        document = read(self.workflow, "the record")
        if not alone:
            return document, self.index
        nodes = dict(document.nodes)
        for id, name in batch_inputs(document, registry):
            nodes[id] = {**nodes[id], "inputs": {**nodes[id].get("inputs", {}), name: self.index}}
        if nodes == document.nodes:
            raise FileError("no node of the workflow can make one picture of a batch alone; replay it without --alone")
        return document.with_nodes(nodes), 0


def batch_inputs(document: Document, registry: Registry) -> Iterator[tuple[str, str]]:
    """The inputs that choose one picture of a batch: node and input."""
    for id, node in document.nodes.items():
        spec = registry.get(node["type"])
        for one in spec.inputs.values() if spec else ():
            if one.role == "batch_only":
                yield id, one.name


def differences(recorded: Recorded, services: Services) -> list[dict[str, Any]]:
    """What is different here from when the picture was made, model files apart: `what`, `then`, `now`."""
    now = services.runtime.to_dict()
    found = [
        {"what": name, "then": recorded.runtime.get(name), "now": now.get(name)}
        for name in RUNTIME
        if recorded.runtime.get(name) != now.get(name)
    ]
    for id, said in recorded.nodes.items():
        spec = services.registry.get(said["type"])
        if said.get("status") != "idle" and spec is not None and spec.version != said["version"]:
            found.append({"what": f'version of node "{id}" ({spec.id})', "then": said["version"], "now": spec.version})
    return found


def pinned(document: Document, recorded: Recorded, services: Services) -> tuple[Document, list[dict[str, Any]]]:
    """The document with its files by content, wherever they lie now; and which are only there with other content."""
    nodes, found = dict(document.nodes), []
    for id, said in recorded.nodes.items():
        spec = services.registry.get(said["type"])
        for name, then in said.get("files", {}).items() if id in nodes and spec else ():
            written = nodes[id].get("inputs", {}).get(name)
            file = written.get("file", "") if isinstance(written, dict) else written
            folder = spec.inputs[name].folder if spec and name in spec.inputs else None
            if not isinstance(file, str) or folder is None:
                continue
            now = _hash(services, folder, file, then)
            if now != then:
                found.append({"what": f'file "{file}" of node "{id}"', "then": then, "now": now})
            value = {"file": file, "hash": then} if now == then else file
            nodes[id] = {**nodes[id], "inputs": {**nodes[id]["inputs"], name: value}}
    return document.with_nodes(nodes), found


def _hash(services: Services, folder: str, file: str, wanted: str) -> str:
    """The wanted hash where a file of that content is there; else that of the file of that name."""
    try:
        return services.files.resolve(folder, file, wanted).hash
    except FileError:
        return services.files.resolve(folder, file).hash


def check_pixels(picture: Path) -> bytes:
    """The bytes of a picture file whose pixels can be read. Raises FileError where they are damaged."""
    from PIL import Image

    data = picture.read_bytes()
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
    except (OSError, SyntaxError, ValueError, EOFError, zlib.error, Image.DecompressionBombError) as error:
        raise FileError(
            f'"{picture}" is damaged, so there is nothing to compare with; '
            f"its record is whole: calotype run {picture} makes it anew"
        ) from error
    return data


def compare(one: bytes, other: bytes) -> dict[str, Any]:
    """Whether two pictures have the same pixels; else the largest difference (0 to 255) and the share that differs."""
    import numpy as np
    from PIL import Image

    with Image.open(io.BytesIO(one)) as a, Image.open(io.BytesIO(other)) as b:
        if a.size != b.size or a.mode != b.mode:
            why = f"{a.width} x {a.height} {a.mode} then, {b.width} x {b.height} {b.mode} now"
            return {"identical": False, "difference": None, "share": None, "why": why}
        apart = np.abs(np.asarray(a, np.int16) - np.asarray(b, np.int16))
    most = int(apart.max(initial=0))
    return {"identical": most == 0, "difference": most, "share": float((apart > 0).any(-1).mean()), "why": ""}
