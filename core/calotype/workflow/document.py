"""The document: what a workflow file says, as data. Nodes stay as JSON, so that what is unknown survives untouched."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

FORMAT = 1
SUBGRAPH = "subgraph/"  # prefix of the type of an instance

Nodes = dict[str, dict[str, Any]]
"""Nodes by id, each as it stands in the file: type, version, title, enabled, map, repeat, inputs, and what else."""


class Absent(Enum):
    """The default of a port that has none; None is a value."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow", populate_by_name=True, frozen=True)


class PublicInput(_Part):
    """One input of the public interface: a name for an input of a node."""

    node: str
    input: str
    doc: str = ""


class PublicOutput(_Part):
    """One output of the public interface, or of a subgraph. source: "node.output"."""

    source: Annotated[str, Field(alias="from")]
    doc: str = ""


class PortIn(_Part):
    """One input of a subgraph. to: the "node.input" (or "node.input.index") places that take its value."""

    to: list[str]
    default: Any = ABSENT
    doc: str = ""


class Subgraph(_Part):
    """Nodes that are used as one: instances have the type "subgraph/NAME". Ports keep their names for good."""

    inputs: dict[str, PortIn] = {}
    outputs: dict[str, PublicOutput] = {}
    nodes: Nodes = {}


class Document(_Part):
    """A workflow as it is saved. Never changed in place: functions of this package return a new one.

    nodes: by id, as JSON. inputs, outputs: the public interface. requires: plugins with version ranges. layout: by node
    id, apart from the meaning. Keys that are not known are kept in `model_extra`.
    """

    calotype: Literal[1] = 1
    name: str = ""
    description: str = ""
    requires: dict[str, str] = {}
    inputs: dict[str, PublicInput] = {}
    outputs: dict[str, PublicOutput] = {}
    nodes: Nodes = {}
    subgraphs: dict[str, Subgraph] = {}
    frames: list[dict[str, Any]] = []
    layout: dict[str, dict[str, Any]] = {}

    def with_nodes(self, nodes: Nodes) -> Document:
        """The same workflow with other nodes."""
        return self.model_copy(update={"nodes": nodes})

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of the file, without parts that are empty. Its nodes are the document's own."""
        said = self.model_dump(by_alias=True, exclude_defaults=True, exclude={"nodes"})
        return {"calotype": self.calotype} | said | {"nodes": self.nodes}
