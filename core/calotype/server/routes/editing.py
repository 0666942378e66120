"""Changes of a document that the engine makes, so that every editor makes them alike. Nothing is kept."""

from __future__ import annotations

import asyncio
from typing import Any

from pydantic import Field

from calotype.errors import WorkflowError
from calotype.server.problems import Refused
from calotype.server.routing import Answer, Call, NoQuery, Routes, Said
from calotype.server.submitting import Named, document_of
from calotype.workflow import group, ungroup

routes = Routes("workflows")


class Grouping(Said):
    """Nodes that are to become one."""

    workflow: Named = Field(description="A workflow document, or the name of one on the server.")
    nodes: list[str] = Field(min_length=1, description="The ids of the nodes.")
    name: str = Field(max_length=100, description="The name of the new subgraph: letters, digits, _ and -.")


class Ungrouping(Said):
    """An instance of a subgraph that is to be replaced by its nodes."""

    workflow: Named = Field(description="A workflow document, or the name of one on the server.")
    instance: str = Field(description="The id of the instance.")


class Edited(Answer):
    """The document after the change. nodes: the ids of the nodes that are new on it, in order."""

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
        done = await asyncio.to_thread(group, document, body.nodes, body.name)
    except WorkflowError as error:
        at = "/name" if error.problems and error.problems[0].code == "subgraph-name" else "/nodes"
        raise Refused(422, error.code, str(error), pointer=at) from None
    return {"workflow": done.to_dict(), "nodes": [id for id in done.nodes if id not in document.nodes]}


@routes.post("/v1/edit/ungroup", body=Ungrouping, answer=Edited)
async def expand_subgraph(call: Call[Ungrouping, NoQuery]) -> dict[str, Any]:
    """Replace an instance of a subgraph by its nodes; the inverse of grouping."""
    body = call.body
    document = await document_of(call.request.app, body.workflow, "/workflow")
    try:
        done = await asyncio.to_thread(ungroup, document, body.instance)
    except WorkflowError as error:
        raise Refused(422, error.code, str(error), pointer="/instance") from None
    return {"workflow": done.to_dict(), "nodes": [id for id in done.nodes if id not in document.nodes]}
