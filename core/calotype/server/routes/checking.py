"""Documents without runs: what is wrong with them, what a run would do, and files of other programs."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

from pydantic import Field

from calotype.errors import Problem
from calotype.server.documents import current
from calotype.server.keys import ASIDE, DOCUMENTS
from calotype.server.problems import ProblemItem, Refused, moved
from calotype.server.routing import Answer, Asked, Call, NoQuery, Routes, Said
from calotype.server.submitting import Named, document_of

routes = Routes("workflows")
PNG = "image/png"
BYTES = "application/octet-stream"


class Check(Said):
    """A workflow to be looked at."""

    workflow: Named = Field(description="A workflow document, or the name of one on the server.")
    inputs: dict[str, Any] = Field({}, description="Values by public name.")
    targets: list[str] | None = Field(None, description="Nodes to run to, instead of the output nodes.")


class Checked(Answer):
    """Every problem of a document; none is a promise that it can run."""

    ok: bool
    problems: list[ProblemItem]


class PlanEntry(Answer):
    """What would become of one node. status: hit, run, later (if a lazy choice needs it), idle (not needed)."""

    node: str
    type: str
    key: str
    status: str
    reason: str = ""


class Planned(Answer):
    """What a run would do, in order."""

    targets: list[str]
    entries: list[PlanEntry]


class ImportQuery(Asked):
    """name: of the file, for messages and for a document without a name."""

    name: str = Field("import", max_length=200)


class Imported(Answer):
    """A document, and for a file of another program the report of what became of it."""

    workflow: dict[str, Any]
    report: dict[str, Any] | None


@routes.post("/v1/validate", body=Check, answer=Checked)
async def validate(call: Call[Check, NoQuery]) -> dict[str, Any]:
    """Say everything that is wrong with a workflow, without running it.

    A workflow with problems is an answer, not an error: `ok` is false. Pointers lead into the body.
    """
    documents = call.part(DOCUMENTS)
    try:
        document = await document_of(call.request.app, call.body.workflow, "/workflow")
        document = documents.with_inputs(document, call.body.inputs, "/inputs")
    except Refused as refused:
        if refused.status != 422 or not refused.problems:
            raise
        return _said(refused.problems)
    document = await current(documents, call.part(ASIDE), document)
    found = (await asyncio.to_thread(documents.check, document, call.body.targets)).problems
    return _said(tuple(map(_placed, found)))


def _said(problems: tuple[Problem, ...]) -> dict[str, Any]:
    return {"ok": not problems, "problems": [p.to_dict() for p in problems]}


def _placed(problem: Problem) -> Problem:
    """A problem of the document at its place in the body; one with a wish for nodes that are not there, at that."""
    about_targets = problem.code == "unknown-node" and problem.node is None and not problem.pointer
    return moved(problem, "/targets" if about_targets else "/workflow")


@routes.post("/v1/plan", body=Check, answer=Planned)
async def plan(call: Call[Check, NoQuery]) -> dict[str, Any]:
    """Say for each node whether its result is stored, and if not, what is different from the last run.

    Only what is on disk counts as stored; a worker may hold more in memory.
    """
    documents, aside = call.part(DOCUMENTS), call.part(ASIDE)
    document = await document_of(call.request.app, call.body.workflow, "/workflow")
    document = documents.with_inputs(await current(documents, aside, document), call.body.inputs, "/inputs")
    try:
        settled = await asyncio.to_thread(documents.settled, document, call.body.targets)
    except Refused as refused:
        refused.problems = tuple(map(_placed, refused.problems))
        raise
    return await aside.ask({"do": "plan", "workflow": settled.to_dict(), "targets": call.body.targets})


@routes.post("/v1/import", query=ImportQuery, answer=Imported, accepts=(PNG, BYTES), raw=True, most="upload")
async def import_(call: Call[None, ImportQuery]) -> dict[str, Any]:
    """Turn a file of another program, or a picture that carries a workflow, into a document.

    The body is the file: JSON, a PNG, or `application/octet-stream`.
    """
    data = base64.b64encode(call.raw).decode()
    return await call.part(ASIDE).ask({"do": "import", "data": data, "name": call.query.name})
