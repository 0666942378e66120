"""Runs: submitted, looked at, changed while they wait, cancelled, deleted."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from calotype.errors import RunError
from calotype.runs import STATES, Query, Run, State
from calotype.server.keys import DISPATCHER, RUNS
from calotype.server.problems import Refused
from calotype.server.routing import Answer, Asked, Call, NoQuery, Nothing, Routes, Said
from calotype.server.submitting import Named, Submit, Wish, accept, document_of, prepare, prepare_all

routes = Routes("runs")


class File(Answer):
    """A file that a run made. kept: saved by the workflow, not only shown. url: where its content is."""

    node: str
    name: str
    digest: str
    media_type: str
    bytes: int
    kept: bool
    url: str


class RunAnswer(Answer):
    """A run as it stands now. place: 1-based position in the queue. last_seq: number of its newest event."""

    id: str
    name: str
    state: State
    priority: int
    place: int | None
    created: str
    started: str | None
    ended: str | None
    attempts: int
    seconds: float | None
    error: dict[str, Any] | None
    group: str
    client: str
    cancelling: bool
    last_seq: int
    files: list[File]


class Submitted(RunAnswer):
    """An accepted run. seeds: every seed of the document as it will run, by "node.input"."""

    seeds: dict[str, int]


class SubmittedGroup(Answer):
    """Runs that were accepted together. group: their common id; empty where they have none."""

    group: str
    runs: list[Submitted]


class SubmitBody(Wish):
    """One workflow, or under `runs` several submissions that are accepted together or not at all."""

    workflow: Named = Field(None, description="A workflow document, or the name of one on the server.")
    runs: list[Submit] | None = Field(None, description="Instead of everything else: submissions like this one.")


class RunsQuery(Asked):
    """Which runs. Everything that is given must hold."""

    state: str = Field("", description=f"One or several of {', '.join(STATES)}, with commas.")
    search: str = Field("", max_length=500, description="Words of prompts, names, models and node types.")
    model: str = Field("", max_length=500, description="Hash or name of a model file.")
    type: str = Field("", max_length=200, description="A node type.")
    since: str = Field("", max_length=40, description="ISO 8601; created at or after.")
    until: str = Field("", max_length=40, description="ISO 8601; created at or before.")
    group: str = Field("", max_length=64)
    client: str | None = Field(None, max_length=100)
    limit: int = Field(50, ge=1, le=500)
    cursor: str = Field("", max_length=500, description="`next` of the page before.")


class RunList(Answer):
    """Some of the runs. next: the cursor of the following page, empty at the end."""

    runs: list[RunAnswer]
    next: str


class Move(Said):
    """Where to: before another waiting run, first, or last. Exactly one of them."""

    before: str | None = None
    first: bool = False
    last: bool = False


class Priority(Said):
    """Higher goes first."""

    priority: int = Field(ge=-1000, le=1000)


class Stored(Answer):
    """A JSON object as it was stored."""


class Results(Answer):
    """What a run made so far. complete: nothing more will come."""

    id: str
    state: State
    complete: bool
    files: list[File]


def said(run: Run) -> dict[str, Any]:
    """A run as it is answered."""
    return run.to_dict() | {"files": [f | {"url": _url(f, run.id)} for f in run.files]}


def _url(file: Mapping[str, Any], run: str) -> str:
    """Where a file is; a PNG with the record of its run inside, as whoever saves it will want it."""
    return f"/v1/files/{file['digest']}" + (f"?run={run}" if file["media_type"] == "image/png" else "")


async def found(call: Call[Any, Any]) -> Run:
    """The run in the path. Raises Refused: 404."""
    run = await asyncio.to_thread(call.part(RUNS).get, call["id"])
    if run is None:
        raise Refused.missing("run", call["id"])
    return run


@routes.post("/v1/runs", body=SubmitBody, answer=Submitted, status=202, errors=(429,))
async def submit(call: Call[SubmitBody, NoQuery]) -> Any:
    """Submit a run, or several that are accepted together.

    What is answered with 202 is on disk and will end in exactly one of succeeded, failed, cancelled, quarantined.
    Anything wrong refuses the whole, with every problem. `count` and `sweep` make a group: then, and with `runs`, the
    answer is `{"group", "runs"}`.
    """
    app, body = call.request.app, call.body
    if (body.workflow is None) == (body.runs is None):
        raise Refused(422, "body", 'give either "workflow" or "runs"', pointer="/workflow")
    if body.runs is None:
        document = await document_of(app, body.workflow, "/workflow")
        accepted = await accept(app, await prepare(app, document, body))
        if body.count == 1 and not body.sweep:
            return said(accepted[0][0]) | {"seeds": accepted[0][1]}
    else:
        accepted = await accept(app, await prepare_all(app, body.runs))
    groups = {run.group for run, _ in accepted}
    group = groups.pop() if len(groups) == 1 else ""
    return {"group": group, "runs": [said(run) | {"seeds": seeds} for run, seeds in accepted]}


@routes.get("/v1/runs", query=RunsQuery, answer=RunList)
async def runs(call: Call[None, RunsQuery]) -> dict[str, Any]:
    """Runs, newest first; those that wait alone, in the order of the queue."""
    given = call.query
    states = tuple(filter(None, given.state.split(",")))
    wrong = [s for s in states if s not in STATES]
    if wrong:
        raise Refused(422, "query", f"{wrong[0]!r} is no state; states are {', '.join(STATES)}", pointer="/state")
    query = Query(**given.model_dump(exclude={"state"}), state=states)  # type: ignore[arg-type]
    try:
        page = await asyncio.to_thread(call.part(RUNS).list, query)
    except RunError as error:  # the cursor is not one of ours
        raise Refused(422, "query", str(error), pointer="/cursor") from None
    return {"runs": [said(run) for run in page.items], "next": page.next}


@routes.get("/v1/runs/{id}", answer=RunAnswer, errors=(404,))
async def run(call: Call[None, NoQuery]) -> dict[str, Any]:
    """One run. Every id that was ever answered has exactly one state."""
    return said(await found(call))


@routes.delete("/v1/runs/{id}", answer=RunAnswer, errors=(404, 409))
async def delete(call: Call[Nothing, NoQuery]) -> dict[str, Any]:
    """Forget a run that ended: its record, events and results. Its id still answers with its state."""
    return said(await asyncio.to_thread(call.part(RUNS).delete, call["id"]))


@routes.post("/v1/runs/{id}/cancel", answer=RunAnswer, errors=(404, 409))
async def cancel(call: Call[Nothing, NoQuery]) -> dict[str, Any]:
    """Stop a run: at once while it waits, within a step while it runs."""
    return said(await call.part(DISPATCHER).cancel(call["id"]))


@routes.put("/v1/runs/{id}/edit", body=Submit, answer=Submitted, errors=(404, 409))
async def edit(call: Call[Submit, NoQuery]) -> dict[str, Any]:
    """Change a run that waits, at its place. Without `targets` it keeps those that it had."""
    run = await found(call)
    if call.body.count > 1 or call.body.sweep:
        at = "/sweep" if call.body.sweep else "/count"
        raise Refused(422, "body", "a run that waits stays one run", pointer=at)
    document = await document_of(call.request.app, call.body.workflow, "/workflow")
    wish = call.body
    if "targets" not in wish.model_fields_set:
        wish = wish.model_copy(update={"targets": await asyncio.to_thread(call.part(RUNS).targets, run.id)})
    [one] = await prepare(call.request.app, document, wish)
    changed = await asyncio.to_thread(call.part(RUNS).edit, call["id"], one.submission)
    call.part(DISPATCHER).wake()
    return said(changed) | {"seeds": one.seeds}


@routes.post("/v1/runs/{id}/duplicate", answer=RunAnswer, status=202, errors=(404, 409))
async def duplicate(call: Call[Nothing, NoQuery]) -> dict[str, Any]:
    """Submit the same once more, with the same seeds."""
    again = await asyncio.to_thread(call.part(RUNS).duplicate, call["id"])
    call.part(DISPATCHER).wake()
    return said(again)


@routes.post("/v1/runs/{id}/move", body=Move, answer=RunAnswer, errors=(404, 409))
async def move(call: Call[Move, NoQuery]) -> dict[str, Any]:
    """Put a run that waits somewhere else in the queue."""
    body = call.body
    if [body.before is not None, body.first, body.last].count(True) != 1:
        raise Refused(422, "body", 'give one of "before", "first", "last"', pointer="")
    work = call.part(RUNS).move
    moved = await asyncio.to_thread(work, call["id"], before=body.before, first=body.first, last=body.last)
    call.part(DISPATCHER).wake()
    return said(moved)


@routes.post("/v1/runs/{id}/priority", body=Priority, answer=RunAnswer, errors=(404, 409))
async def prioritise(call: Call[Priority, NoQuery]) -> dict[str, Any]:
    """Let a run that waits go before those of lower priority."""
    changed = await asyncio.to_thread(call.part(RUNS).prioritise, call["id"], call.body.priority)
    call.part(DISPATCHER).wake()
    return said(changed)


@routes.get("/v1/runs/{id}/workflow", answer=Stored, errors=(404,))
async def workflow(call: Call[None, NoQuery]) -> dict[str, Any]:
    """The document of a run, as it was settled: with its inputs and seeds."""
    return await _kept(call, "workflow")


@routes.get("/v1/runs/{id}/record", answer=Stored, errors=(404,))
async def record(call: Call[None, NoQuery]) -> dict[str, Any]:
    """The record of a run that ended: runtime, nodes with keys and times, files, error."""
    return await _kept(call, "record")


@routes.get("/v1/runs/{id}/results", answer=Results, errors=(404,))
async def results(call: Call[None, NoQuery]) -> dict[str, Any]:
    """The files that a run made, each with the address of its content."""
    one = said(await found(call))
    return {"id": one["id"], "state": one["state"], "complete": one["ended"] is not None, "files": one["files"]}


async def _kept(call: Call[None, NoQuery], what: Literal["workflow", "record"]) -> dict[str, Any]:
    run = await found(call)
    kept: dict[str, Any] | None = await asyncio.to_thread(getattr(call.part(RUNS), what), run.id)
    if kept is None:
        raise Refused(404, "not-found", f"run {run.id} has no {what}: it is {run.state}")
    return kept
