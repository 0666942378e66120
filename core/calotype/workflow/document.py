"""The document: what a workflow file says, as data. Nodes stay as JSON, so that what is unknown survives untouched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from enum import Enum
from typing import Any, Literal, TypeVar

FORMAT = 1
SUBGRAPH = "subgraph/"  # prefix of the type of an instance
WRITTEN = {"source": "from"}  # fields that are called otherwise in the file

Nodes = dict[str, dict[str, Any]]
"""Nodes by id, each as it stands in the file: type, version, title, enabled, map, repeat, inputs, and what else."""


class Absent(Enum):
    """The default of a port that has none; None is a value."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT


@dataclass(frozen=True, slots=True)
class PublicInput:
    """One input of the public interface: a name for an input of a node. extra: see `Document`."""

    node: str
    input: str
    doc: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PublicOutput:
    """One output of the public interface, or of a subgraph. source: "node.output", called "from" in the file."""

    source: str
    doc: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PortIn:
    """One input of a subgraph. to: the "node.input" (or "node.input.index") places that take its value."""

    to: list[str]
    default: Any = ABSENT
    doc: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Subgraph:
    """Nodes that are used as one: instances have the type "subgraph/NAME". Ports keep their names for good."""

    inputs: dict[str, PortIn] = field(default_factory=dict)
    outputs: dict[str, PublicOutput] = field(default_factory=dict)
    nodes: Nodes = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Document:
    """A workflow as it is saved. Never changed in place: functions of this package return a new one.

    nodes: by id, as JSON. inputs, outputs: the public interface. requires: plugins with version ranges. layout: by node
    id, apart from the meaning. extra: keys that are not known, kept as they are.
    """

    calotype: Literal[1] = 1
    name: str = ""
    description: str = ""
    requires: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, PublicInput] = field(default_factory=dict)
    outputs: dict[str, PublicOutput] = field(default_factory=dict)
    nodes: Nodes = field(default_factory=dict)
    subgraphs: dict[str, Subgraph] = field(default_factory=dict)
    frames: list[dict[str, Any]] = field(default_factory=list)
    layout: dict[str, dict[str, Any]] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)

    def with_nodes(self, nodes: Nodes) -> Document:
        """The same workflow with other nodes."""
        return replace(self, nodes=nodes)

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of the file, without parts that are empty. Its nodes are the document's own."""
        said: dict[str, Any] = _said(replace(self, nodes={}))
        return {"calotype": self.calotype} | said | {"nodes": self.nodes}


Part = PublicInput | PublicOutput | PortIn | Subgraph | Document
INSIDE: Mapping[type[Any], Mapping[str, type[Any]]] = {
    Subgraph: {"inputs": PortIn, "outputs": PublicOutput},
    Document: {"inputs": PublicInput, "outputs": PublicOutput, "subgraphs": Subgraph},
}
"""Of which parts the objects at some keys consist."""


P = TypeVar("P", PublicInput, PublicOutput, PortIn, Subgraph, Document)


def made(cls: type[P], said: Mapping[str, Any]) -> P:
    """A part of a document from its JSON object, whose form was checked."""
    inside = INSIDE.get(cls, {})
    known = {WRITTEN.get(f.name, f.name): f.name for f in fields(cls) if f.name != "extra"}
    given: dict[str, Any] = {
        known[key]: {n: made(inside[key], v) for n, v in value.items()} if key in inside else value
        for key, value in said.items()
        if key in known
    }
    return cls(**given, extra={key: value for key, value in said.items() if key not in known})


def _said(value: Any) -> Any:
    """The JSON of a part, of parts by name, or of a value: without what is as usual, in containers of its own."""
    if isinstance(value, dict):
        return {key: _said(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_said(one) for one in value]
    if not isinstance(value, Part):
        return value
    found = {}
    for spec in fields(value):
        one = getattr(value, spec.name)
        usual = spec.default if spec.default_factory is MISSING else spec.default_factory()
        if spec.name != "extra" and one != usual:
            found[WRITTEN.get(spec.name, spec.name)] = _said(one)
    return found | _said(dict(value.extra))
