"""Changes of a document that the engine makes, so that every editor makes them alike. Nothing is kept."""

from __future__ import annotations

import asyncio
from typing import Any

from pydantic import Field

from calotype.errors import WorkflowError
from calotype.server.problems import Refused
from calotype.server.routing import Answer, Call, NoQuery, Routes, Said
from calotype.server.submitting import Named, document_of
from calotype.workflow import Document
from calotype.workflow.group import group, ungroup
from calotype.workflow.inside import group_within, ungroup_within

routes = Routes("workflows")


class Grouping(Said):
    """Nodes that are to become one."""

    workflow: Named = Field(description="A workflow document, or the name of one on the server.")
    nodes: list[str] = Field(min_length=1, description="The ids of the nodes.")
    name: str = Field(max_length=100, description="The name of the new subgraph: letters, digits, _ and -.")
    within: str | None = Field(
        default=None, description="The subgraph on whose sheet that happens; without it that of the workflow itself."
    )


class Ungrouping(Said):
    """An instance of a subgraph that is to be replaced by its nodes."""

    workflow: Named = Field(description="A workflow document, or the name of one on the server.")
    instance: str = Field(description="The id of the instance.")
    within: str | None = Field(
        default=None, description="The subgraph on whose sheet that happens; without it that of the workflow itself."
    )


class Edited(Answer):
    """The document after the change. nodes: the ids of the nodes that are new on the sheet, in order."""

    workflow: dict[str, Any]
    nodes: list[str]


@routes.post("/v1/edit/group", body=Grouping, answer=Edited)
async def make_subgraph(call: Call[Grouping, NoQuery]) -> dict[str, Any]:
    """Make a subgraph of some nodes, and one instance of it in their place.

    Links that cross the border become ports. The flat graph, and so every key, stays the same.
    """
    body = call.body
    document = await document_of(call.request.app, body.workflow, "/workflow")
    try:
        if body.within is None:
            done = await asyncio.to_thread(group, document, body.nodes, body.name)
        else:
            done = await asyncio.to_thread(group_within, document, body.within, body.nodes, body.name)
    except WorkflowError as error:
        raise _refused(error, "/nodes") from None
    return _edited(document, done, body.within)


@routes.post("/v1/edit/ungroup", body=Ungrouping, answer=Edited)
async def expand_subgraph(call: Call[Ungrouping, NoQuery]) -> dict[str, Any]:
    """Replace an instance of a subgraph by its nodes; the inverse of grouping."""
    body = call.body
    document = await document_of(call.request.app, body.workflow, "/workflow")
    try:
        if body.within is None:
            done = await asyncio.to_thread(ungroup, document, body.instance)
        else:
            done = await asyncio.to_thread(ungroup_within, document, body.within, body.instance)
    except WorkflowError as error:
        raise _refused(error, "/instance") from None
    return _edited(document, done, body.within)


def _edited(before: Document, after: Document, within: str | None) -> dict[str, Any]:
    was, now = (one.nodes if within is None else one.subgraphs[within].nodes for one in (before, after))
    return {"workflow": after.to_dict(), "nodes": [id for id in now if id not in was]}


def _refused(error: WorkflowError, usual: str) -> Refused:
    places = {"subgraph-name": "/name", "unknown-subgraph": "/within"}
    code = error.problems[0].code if error.problems else ""
    return Refused(422, error.code, str(error), pointer=places.get(code, usual))
