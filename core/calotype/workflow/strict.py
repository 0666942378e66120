"""The form of a document's parts as pydantic's models, strict: what `calotype.workflow.form` asks what is wrong."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field


class _Form(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow")


class PublicInputForm(_Form):
    """See `PublicInput`."""

    node: str
    input: str
    doc: str = ""


class PublicOutputForm(_Form):
    """See `PublicOutput`."""

    source: Annotated[str, Field(alias="from")]
    doc: str = ""


class PortInForm(_Form):
    """See `PortIn`."""

    to: list[str]
    default: Any = None
    doc: str = ""


class SubgraphForm(_Form):
    """See `Subgraph`."""

    inputs: dict[str, PortInForm] = {}
    outputs: dict[str, PublicOutputForm] = {}
    nodes: dict[str, dict[str, Any]] = {}


class DocumentForm(_Form):
    """See `Document`."""

    name: str = ""
    description: str = ""
    requires: dict[str, str] = {}
    inputs: dict[str, PublicInputForm] = {}
    outputs: dict[str, PublicOutputForm] = {}
    nodes: dict[str, dict[str, Any]] = {}
    subgraphs: dict[str, SubgraphForm] = {}
    frames: list[dict[str, Any]] = []
    layout: dict[str, dict[str, Any]] = {}
