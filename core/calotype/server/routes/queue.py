"""The queue as a whole."""

from __future__ import annotations

import asyncio
from typing import Any

from calotype.runs import Query
from calotype.server.keys import DISPATCHER, RUNS
from calotype.server.routes.runs import RunAnswer, said
from calotype.server.routing import Answer, Call, NoQuery, Nothing, Routes

routes = Routes("queue")
SHOWN = 100  # runs that wait


class Queue(Answer):
    """paused: nothing new is begun. counts: runs by state. waiting: the first of them, in order. newest: the number `n`
    of the newest event when this was read: who goes on from there with /v1/events misses nothing.
    """

    paused: bool
    counts: dict[str, int]
    running: list[RunAnswer]
    waiting: list[RunAnswer]
    newest: int


@routes.get("/v1/queue", answer=Queue)
async def queue(call: Call[None, NoQuery]) -> dict[str, Any]:
    """What runs, what waits, and whether the queue is paused."""
    return await asyncio.to_thread(_told, call)


@routes.post("/v1/queue/pause", answer=Queue)
async def pause(call: Call[Nothing, NoQuery]) -> dict[str, Any]:
    """Begin nothing new; what runs goes on. It lasts over restarts."""
    await asyncio.to_thread(call.part(RUNS).pause)
    return await asyncio.to_thread(_told, call)


@routes.post("/v1/queue/resume", answer=Queue)
async def resume(call: Call[Nothing, NoQuery]) -> dict[str, Any]:
    """Go on."""
    await asyncio.to_thread(call.part(RUNS).resume)
    call.part(DISPATCHER).wake()
    return await asyncio.to_thread(_told, call)


def _told(call: Call[Any, Any]) -> dict[str, Any]:
    runs = call.part(RUNS)
    newest = runs.newest()
    return {
        "paused": runs.paused,
        "counts": runs.counts(),
        "running": [said(r) for r in runs.list(Query(state=("running",), limit=SHOWN)).items],
        "waiting": [said(r) for r in runs.list(Query(state=("queued",), limit=SHOWN)).items],
        "newest": newest,
    }
