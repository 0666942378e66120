"""Runs that were sent together: a sweep as a grid, and as one labelled sheet."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

from aiohttp import web

from calotype.runs import Query, Run
from calotype.server.keys import ASIDE, OUTPUTS, RUNS
from calotype.server.problems import Refused
from calotype.server.routes.runs import RunAnswer, said
from calotype.server.routing import Answer, Call, NoQuery, Routes
from calotype.server.sending import send
from calotype.server.sweeping import Grid, grid

routes = Routes("results")
PAGE = 500
MOST = 1_000  # runs of one sheet
PNG = "image/png"


class Axis(Answer):
    """An input in which the runs differ: its public name or "node.input", and its values in order."""

    place: str
    values: list[Any]


class Cell(Answer):
    """One run of the group, and its value on each axis by place."""

    values: dict[str, Any]
    run: RunAnswer


class Group(Answer):
    """Runs that were sent together, in that order. axes: from the outermost loop to the fastest."""

    group: str
    axes: list[Axis]
    columns: int
    cells: list[Cell]


@routes.get("/v1/groups/{id}", answer=Group, errors=(404,))
async def group(call: Call[None, NoQuery]) -> dict[str, Any]:
    """The runs of a sweep, and in which inputs they differ."""
    runs, found = await asyncio.to_thread(_gathered, call)
    axes = [{"place": a.place, "values": list(a.values)} for a in found.axes]
    cells = [{"values": v, "run": said(r)} for r, v in zip(runs, found.cells, strict=True)]
    return {"group": call["id"], "axes": axes, "columns": found.columns, "cells": cells}


@routes.get("/v1/groups/{id}/sheet", produces=(PNG,), errors=(404, 413))
async def sheet(call: Call[None, NoQuery]) -> web.StreamResponse:
    """One picture with the first picture of every run, labelled; a run without one stays grey."""
    runs, found = await asyncio.to_thread(_gathered, call)
    if len(runs) > MOST:
        raise Refused(413, "too-large", f"a sheet of {len(runs)} pictures; at most {MOST} are drawn")
    outputs = call.part(OUTPUTS)
    cells = []
    for run, values in zip(runs, found.cells, strict=True):
        file = next((f for f in run.files if f["media_type"].startswith("image/")), None)
        cells.append([found.label(values), str(outputs.path(file["digest"])) if file else None])
    drawn = await call.part(ASIDE).ask({"do": "sheet", "cells": cells, "columns": found.columns})
    name = f"{runs[0].name or 'sweep'}.png"
    return send(call.request, base64.b64decode(drawn["png"]), PNG, name, f"sheet-{call['id']}-{len(runs)}")


def _gathered(call: Call[Any, Any]) -> tuple[list[Run], Grid]:
    """The runs of the group in the order in which they were sent. Raises Refused: 404."""
    kept, cursor = call.part(RUNS), ""
    runs: list[Run] = []
    while not runs or cursor:
        page = kept.list(Query(group=call["id"], limit=PAGE, cursor=cursor))
        runs, cursor = runs + page.items, page.next
        if not runs:
            raise Refused.missing("group", call["id"])
    runs.reverse()
    return runs, grid([kept.workflow(run.id) or {} for run in runs])
