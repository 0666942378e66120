"""What two documents have different."""

from __future__ import annotations

import asyncio
from typing import Any

from pydantic import Field

from calotype.server.routing import Answer, Call, NoQuery, Routes, Said
from calotype.server.submitting import Named, document_of
from calotype.workflow.compare import diff

routes = Routes("workflows")


class Pair(Said):
    """Two workflows."""

    before: Named = Field(description="A workflow document, or the name of one on the server.")
    after: Named = Field(description="Another one.")


class ChangeItem(Answer):
    """One thing that differs. node: its id, empty for what is not a node's; null: it is not there."""

    node: str
    name: str
    before: Any
    after: Any


class NodesItem(Answer):
    """Nodes that came, went, or changed their type: id to type."""

    added: dict[str, str]
    removed: dict[str, str]


class DifferenceAnswer(Answer):
    """What has to change in `before` to get `after`, in the order of the ids.

    values: literals and what else a node says of itself; links: where inputs come from; other: what is no node's;
    layout: ids of what was moved, came or went there. same: there is no difference at all. text: the same in words.
    """

    same: bool
    text: str
    nodes: NodesItem
    values: list[ChangeItem]
    links: list[ChangeItem]
    other: list[ChangeItem]
    layout: list[str]


@routes.post("/v1/diff", body=Pair, answer=DifferenceAnswer)
async def compare(call: Call[Pair, NoQuery]) -> dict[str, Any]:
    """Say what two workflows have different: nodes, values, links, and apart from these the layout."""
    before = await document_of(call.request.app, call.body.before, "/before")
    after = await document_of(call.request.app, call.body.after, "/after")
    found = await asyncio.to_thread(diff, before, after)
    return {"same": not found, "text": str(found), **found.to_dict()}
