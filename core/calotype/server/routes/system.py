"""The server itself: how it is, what it has, what it takes."""

from __future__ import annotations

import asyncio
import os
import time
from importlib.metadata import version
from typing import Any

from aiohttp import web

from calotype.server.keys import DISPATCHER, DOCUMENTS, LIMITS, RUNS, STATE
from calotype.server.memory import resident
from calotype.server.problems import Refused
from calotype.server.routing import Answer, Call, NoQuery, Nothing, Routes

routes = Routes("system")


class Health(Answer):
    """status: "ok"."""

    status: str


class Worker(Answer):
    """A process that computes. state: starting, idle, busy, dead. resident: the models that it holds."""

    id: str
    device: str
    state: str
    pid: int | None
    run: str | None
    resident: list[str]
    rss: int
    vram: int
    restarts: int


class System(Answer):
    """The server. runtime: what of the machine changes numbers. memory: bytes of the server process. limits: see
    `calotype serve --limit`.
    """

    version: str
    ready: bool
    waiting: str
    pid: int
    runtime: dict[str, Any]
    workers: list[Worker]
    memory: int
    uptime: float
    readers: int
    limits: dict[str, int]


class HeldModel(Answer):
    """A model that a worker holds. how: resident on the device, streamed through it, ...; device_bytes: on it; seconds:
    that loading took; idle: seconds since it was used.
    """

    worker: str
    name: str
    part: str = ""
    family: str = ""
    bytes: int = 0
    device_bytes: int = 0
    how: str = "in main memory"
    users: int = 0
    idle: float = 0.0
    seconds: float = 0.0


class Residents(Answer):
    """What is loaded."""

    models: list[HeldModel]


class Freed(Answer):
    """Bytes of models that were let go of."""

    freed: int


@routes.get("/healthz", answer=Health)
async def health(call: Call[None, NoQuery]) -> dict[str, str]:
    """Whether the server answers."""
    return {"status": "ok"}


@routes.get("/readyz", answer=Health, errors=(503,))
async def ready(call: Call[None, NoQuery]) -> dict[str, str]:
    """Whether runs are carried out: the queue is open, and what was to be preloaded is loaded."""
    state = call.part(STATE)
    if not state.ready:
        raise Refused(503, "not-ready", f"not ready: {state.waiting}", headers={"Retry-After": "1"})
    return {"status": "ok"}


@routes.get("/metrics", produces=("text/plain",))
async def metrics(call: Call[None, NoQuery]) -> web.StreamResponse:
    """Figures for Prometheus."""
    from calotype.server.metrics import exposition

    body = await asyncio.to_thread(exposition, call.part(STATE), call.part(RUNS), call.part(DISPATCHER).workers())
    return web.Response(body=body, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})


@routes.get("/v1/system", answer=System)
async def system(call: Call[None, NoQuery]) -> dict[str, Any]:
    """Version, devices, workers, memory, limits."""
    state = call.part(STATE)
    return {
        "version": version("calotype"),
        "ready": state.ready,
        "waiting": state.waiting,
        "pid": os.getpid(),
        "runtime": call.part(DOCUMENTS).runtime.to_dict(),
        "workers": [w.to_dict() for w in call.part(DISPATCHER).workers()],
        "memory": resident(),
        "uptime": round(time.monotonic() - state.began, 3),
        "readers": state.readers,
        "limits": call.part(LIMITS).to_dict(),
    }


@routes.get("/v1/system/models", answer=Residents)
async def residents(call: Call[None, NoQuery]) -> dict[str, Any]:
    """The models that workers hold, and where they sit."""
    return {"models": await call.part(DISPATCHER).models()}


@routes.post("/v1/system/unload", answer=Freed)
async def unload(call: Call[Nothing, NoQuery]) -> dict[str, int]:
    """Let go of the models that idle workers hold."""
    return {"freed": await call.part(DISPATCHER).unload()}
