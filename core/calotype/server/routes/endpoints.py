"""Each workflow's own endpoint: named inputs in, a run or the picture out."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from aiohttp import web
from pydantic import Field, RootModel

from calotype.errors import UnknownWorkflow
from calotype.runs import Run
from calotype.server.aside import refused
from calotype.server.keys import HUB, LIMITS, RUNS
from calotype.server.problems import Refused
from calotype.server.routes.files import content
from calotype.server.routes.runs import Submitted, said
from calotype.server.routing import JSON, Asked, Call, Routes, answered
from calotype.server.sending import INLINE, send
from calotype.server.submitting import Wish, named, submit
from calotype.workflow import Document

routes = Routes("workflows")
FAILED = {"failed": 422, "quarantined": 422, "cancelled": 409}


class Values(RootModel[dict[str, Any]]):
    """A value for each public input that is to differ from the file; see `/v1/workflows/NAME/interface`."""


class RunQuery(Asked):
    """How it is run, and whether to wait."""

    wait: float | None = Field(
        None, ge=0, allow_inf_nan=False, description="Seconds to wait for it to end; then the answer is the picture."
    )
    priority: int = Field(0, ge=-1000, le=1000)
    client: str = Field("", max_length=100)


@routes.post(
    "/v1/workflows/{name}/run",
    body=Values,
    query=RunQuery,
    answer=Submitted,
    status=202,
    errors=(404, 409, 429),
)
async def run(call: Call[Values, RunQuery]) -> web.StreamResponse:
    """Run a workflow with these values.

    With `wait`, or where an image is asked for by `Accept: image/png`, the answer is the first picture, with status
    200; with `Accept: application/json` as well it is the run, ended. When the time is over it is 202 and the run,
    which goes on. A run that failed is refused with its error.
    """
    app, query = call.request.app, call.query
    document = await _document(app, call["name"])
    wish = Wish(inputs=call.body.root, priority=query.priority, client=query.client)
    try:
        [(accepted, seeds)] = await submit(app, document, wish, workflow_at="")
    except Refused as error:
        raise _at_values(error) from None
    picture, waits = _asked(call.request, query.wait)
    if waits:
        most = app[LIMITS].wait
        ended = await _ended(call, accepted.id, min(most if query.wait is None else query.wait, most))
        if ended is not None:
            return await _outcome(call, ended, seeds, picture)
    now = await asyncio.to_thread(app[RUNS].get, accepted.id) or accepted
    return answered(said(now) | {"seeds": seeds}, 202, Location=f"/v1/runs/{accepted.id}")


def _asked(request: web.Request, wait: float | None) -> tuple[bool, bool]:
    """Whether the picture is wanted, and whether to wait at all."""
    accept = request.headers.get("Accept", "*/*")
    wants = any(kind.strip().startswith("image/") for kind in accept.split(","))
    return wants or JSON not in accept, wants or wait is not None


async def _ended(call: Call[Any, Any], run: str, seconds: float) -> Run | None:
    """The run, ended; None when the time is over."""
    try:
        async with asyncio.timeout(seconds):
            async with aclosing(call.part(HUB).subscribe(run, previews=False)) as frames:  # type: ignore[type-var]
                async for _ in frames:
                    pass
    except TimeoutError:
        return None
    found = await asyncio.to_thread(call.part(RUNS).get, run)
    return found if found is not None and found.ended is not None else None


async def _outcome(call: Call[Any, Any], run: Run, seeds: dict[str, int], picture: bool) -> web.StreamResponse:
    if run.state != "succeeded":
        raise _failed(run)
    file = next((f for f in run.files if f["media_type"] in INLINE and f["kept"]), None)
    if picture and file is not None:
        data = await asyncio.to_thread(content, call.request.app, file, run.id)
        made = send(call.request, data, file["media_type"], file["name"], f"{run.id}-{file['digest'][-12:]}")
        made.headers["X-Calotype-Run"] = run.id
        made.headers["Location"] = f"/v1/runs/{run.id}"
        return made
    return answered(said(run) | {"seeds": seeds}, 200, Location=f"/v1/runs/{run.id}")


def _failed(run: Run) -> Refused:
    error = run.error or {"code": run.state, "message": f"the run was {run.state}", "problems": []}
    failed = refused(error, FAILED[run.state])
    failed.headers["Location"] = f"/v1/runs/{run.id}"
    return failed


def _at_values(error: Refused) -> Refused:
    """The same where the body holds the values themselves."""
    own = [replace(p, pointer=(p.pointer or "").removeprefix("/inputs")) for p in error.problems]
    detail = error.detail.replace("/inputs/", "/")
    return Refused(error.status, error.code, detail, problems=own, headers=error.headers)


async def _document(app: web.Application, name: str) -> Document:
    """The workflow in the path. Raises Refused: 404 when there is none."""
    try:
        return await named(app, name, "")
    except Refused as error:
        status = 404 if error.code == UnknownWorkflow.code else error.status
        raise Refused(status, error.code, error.detail, suggestion=error.suggestion) from None
