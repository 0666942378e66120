"""The interface of each workflow as JSON Schema: what its own endpoint takes, in OpenAPI and for forms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from calotype.errors import CalotypeError
from calotype.library import Library
from calotype.node import REQUIRED, InputSpec
from calotype.registry import Registry
from calotype.sockets import Choice, ListOf, Named, Socket, Union
from calotype.workflow import Document, Port, interface
from calotype.workflow.document import SUBGRAPH

TYPES = {"int": "integer", "float": "number", "str": "string", "bool": "boolean", "None": "null"}
FILE = {"type": "object", "properties": {"file": {"type": "string"}, "hash": {"type": "string"}}, "required": ["file"]}
SECRET = {"type": "object", "properties": {"secret": {"type": "string"}}, "required": ["secret"]}
MOST = 500  # workflows whose endpoints are described one by one


def schema(ports: Sequence[Port]) -> dict[str, Any]:
    """The JSON Schema of an object with a value for each public input."""
    needed = [p.name for p in ports if p.default is REQUIRED]
    return {
        "type": "object",
        "properties": {p.name: port_schema(p) for p in ports},
        "additionalProperties": False,
    } | ({"required": needed} if needed else {})


def port_schema(port: Port) -> dict[str, Any]:
    """The JSON Schema of one public input: type, range, choices, default, words."""
    said = dict(_spec_schema(port.spec)) if port.spec is not None else {}
    if port.doc:
        said["description"] = port.doc
    if port.default is not REQUIRED:
        said["default"] = port.default
    return said


def outputs(document: Document, registry: Registry) -> list[dict[str, Any]]:
    """The public outputs with their types; an empty type where the node is not known."""
    found = []
    for name, said in document.outputs.items():
        node, _, end = said.source.rpartition(".")
        kind = document.nodes.get(node, {}).get("type", "")
        spec = None if kind.startswith(SUBGRAPH) else registry.get(kind)
        output = spec.outputs.get(end) if spec else None
        found.append({"name": name, "from": said.source, "type": str(output.socket) if output else "", "doc": said.doc})
    return found


def paths(library: Library, registry: Registry) -> dict[str, Any]:
    """An OpenAPI path for the endpoint of every workflow that can be read, with a schema of its own."""
    return dict(_paths(library, registry))


def _paths(library: Library, registry: Registry) -> Iterator[tuple[str, Any]]:
    for entry in library.entries()[:MOST]:
        if entry.wrong:
            continue
        try:
            document = library.get(entry.name).document
        except CalotypeError:  # gone or broken since it was listed: it is described no more
            continue
        yield f"/v1/workflows/{quote(entry.name, safe='')}/run", {"post": _operation(entry.name, document, registry)}


def _operation(name: str, document: Document, registry: Registry) -> dict[str, Any]:
    run = {"$ref": "#/components/schemas/Submitted"}
    done = {"image/png": {"schema": {"type": "string", "format": "binary"}}, "application/json": {"schema": run}}
    return {
        "operationId": f"run_{quote(name, safe='')}",
        "tags": ["your workflows"],
        "summary": f"Run {document.name or name}.",
        "description": document.description,
        "parameters": [
            {
                "name": "wait",
                "in": "query",
                "schema": {"type": "number"},
                "description": "Seconds to wait for the picture.",
            }
        ],
        "requestBody": {"content": {"application/json": {"schema": schema(interface(document, registry))}}},
        "responses": {
            "200": {"description": "It ended in time: the picture, or the run.", "content": done},
            "202": {"description": "It is accepted.", "content": {"application/json": {"schema": run}}},
        },
    }


def _spec_schema(spec: InputSpec) -> dict[str, Any]:
    if spec.folder:
        return {"anyOf": [{"type": "string"}, FILE], "x-calotype-folder": spec.folder}
    said = _socket_schema(spec.socket)
    if spec.ge is not None:
        said["minimum"] = spec.ge
    if spec.le is not None:
        said["maximum"] = spec.le
    if spec.multiple_of:
        said["multipleOf"] = spec.multiple_of
    if spec.role == "seed":
        said = {"anyOf": [said, {"const": "random"}]}
    return {"type": "array", "items": said} if spec.variadic else said


def _socket_schema(socket: Socket) -> dict[str, Any]:
    match socket:
        case Named("FileRef"):
            return {"anyOf": [{"type": "string"}, FILE]}
        case Named("Secret"):
            return dict(SECRET)
        case Named(name):
            return {"type": TYPES[name]} if name in TYPES else {}
        case Choice(values):
            return {"enum": list(values)}
        case ListOf(item):
            return {"type": "array", "items": _socket_schema(item)}
        case Union(members):
            return {"anyOf": [_socket_schema(m) for m in members]}
    return _socket_schema(socket.bound) if socket.bound is not None else {}
