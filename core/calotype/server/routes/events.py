"""What happens, as it happens: server-sent events of one run, a WebSocket for one or all."""

from __future__ import annotations

import asyncio
import base64
import struct
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, contextmanager, suppress
from typing import Any

import orjson
from aiohttp import ClientConnectionResetError, web
from pydantic import Field

from calotype.dispatch import Frame, Preview
from calotype.server.keys import HUB, LIMITS, RUNS, STATE
from calotype.server.problems import Refused
from calotype.server.routes.runs import found
from calotype.server.routing import Answer, Asked, Call, Routes

routes = Routes("events")
BEAT = 15.0  # seconds between signs of life
STUCK = 60.0  # seconds for one frame to be taken
SSE = "text/event-stream"
LAST = "Last-Event-ID"


class EventsQuery(Asked):
    """Where to go on."""

    after: int = Field(
        0, ge=-1, le=1 << 53, description="Number of the last event that is known; -1: only what is new."
    )
    previews: bool = Field(True, description="Whether pictures of steps are wanted.")


class AllEventsQuery(EventsQuery):
    """Of which run, and where to go on."""

    run: str = Field("", max_length=64, description="One run; by default all.")
    client: str | None = Field(None, max_length=100, description="Only runs of this client.")


class Event(Answer):
    """One event. seq: its number in the run; n: over all runs; at: seconds since the attempt began."""

    event: str
    run: str
    seq: int
    n: int
    attempt: int
    at: float


@routes.get("/v1/runs/{id}/events", query=EventsQuery, answer=Event, produces=(SSE,), errors=(204, 404, 429))
async def events(call: Call[None, EventsQuery]) -> web.StreamResponse:
    """The events of a run from the first one on, and then live, until its RunEnded.

    Server-sent events: `id` is the event's number, so that a reader that lost its connection goes on where it was, by
    `Last-Event-ID` (or `after`). Previews come as `event: preview` with a JPEG in base64, without an id, and only live.
    204: the run ended and everything was read.
    """
    run, after = await found(call), _after(call)
    if run.ended is not None and after >= run.last_seq:
        return web.Response(status=204)
    with _counted(call):
        response = web.StreamResponse(headers={"Content-Type": SSE, "X-Accel-Buffering": "no"})
        await response.prepare(call.request)
        stream = call.part(HUB).subscribe(run.id, after=after, previews=call.query.previews)
        with suppress(ConnectionError, ClientConnectionResetError, TimeoutError):
            async with aclosing(_beating(stream)) as frames:
                async for frame in frames:
                    async with asyncio.timeout(STUCK):
                        await response.write(_line(frame))
            await response.write_eof()
        return response


@routes.get("/v1/events", query=AllEventsQuery, answer=Event, socket=True, errors=(404, 429))
async def socket(call: Call[None, AllEventsQuery]) -> web.StreamResponse:
    """A WebSocket with the events of one run (`?run=`) or of all.

    Each event is a text frame of JSON. `after`: with `run` the `seq`, without it the `n` of the last event that is
    known. A preview is a binary frame: four bytes with the length of a header (big-endian), the header as JSON (run,
    node, done, total), a JPEG. After the RunEnded of a single run the socket is closed. What is sent is not read.
    """
    given = call.query
    if given.run and await asyncio.to_thread(call.part(RUNS).get, given.run) is None:
        raise Refused.missing("run", given.run)
    with _counted(call):
        answer = web.WebSocketResponse(heartbeat=BEAT, max_msg_size=4096, compress=False)
        if not answer.can_prepare(call.request).ok:
            raise Refused(426, "upgrade", "this is a WebSocket", headers={"Upgrade": "websocket"})
        await answer.prepare(call.request)
        stream = call.part(HUB).subscribe(
            given.run or None, after=given.after, client=given.client, previews=given.previews
        )
        sending = asyncio.ensure_future(_send(answer, stream))
        try:
            async for _ in answer:  # until the other side closes
                pass
        finally:
            sending.cancel()
            with suppress(asyncio.CancelledError, ConnectionError, TimeoutError):
                await sending
        return answer


async def _send(answer: web.WebSocketResponse, stream: AsyncIterator[Frame]) -> None:
    async with aclosing(stream) as frames:  # type: ignore[type-var]
        async for frame in frames:
            async with asyncio.timeout(STUCK):
                if isinstance(frame, Preview):
                    await answer.send_bytes(_packed(frame))
                else:
                    await answer.send_str(orjson.dumps(frame).decode())
    await answer.close()


@contextmanager
def _counted(call: Call[Any, Any]) -> Iterator[None]:
    """One reader more, while it reads. Raises Refused when there are too many."""
    state, most, task = call.part(STATE), call.part(LIMITS).readers, asyncio.current_task()
    if state.readers >= most:
        detail = f"{most} event streams are open, and no more may be"
        raise Refused(429, "readers", detail, headers={"Retry-After": "5"})
    if task is None:
        raise RuntimeError("a request is handled outside of a task")
    state.streams.add(task)
    try:
        yield
    finally:
        state.streams.discard(task)


def _after(call: Call[None, EventsQuery]) -> int:
    """The number of the last event that is known: the header is the newer one."""
    given = call.request.headers.get(LAST)
    if given is None:
        return call.query.after
    if not given.isdecimal() or len(given) > 16:
        raise Refused(422, "query", f"{LAST}: {given[:40]!r} is no number of an event")
    return int(given)


async def _beating(stream: AsyncIterator[Frame]) -> AsyncGenerator[Frame | None, None]:
    """The frames; None when nothing happened for a while."""
    waiting: asyncio.Future[Frame] | None = None
    try:
        while True:
            waiting = waiting or asyncio.ensure_future(anext(stream))
            done, _ = await asyncio.wait({waiting}, timeout=BEAT)
            if not done:
                yield None
                continue
            try:
                frame = waiting.result()
            except StopAsyncIteration:
                return
            waiting = None
            yield frame
    finally:
        if waiting is not None:
            waiting.cancel()
            with suppress(asyncio.CancelledError, StopAsyncIteration):
                await waiting
        await stream.aclose()  # type: ignore[attr-defined]


def _line(frame: Frame | None) -> bytes:
    if frame is None:
        return b": still here\n\n"
    if isinstance(frame, Preview):
        said = _header(frame) | {"jpeg": base64.b64encode(frame.jpeg).decode()}
        return b"event: preview\ndata: " + orjson.dumps(said) + b"\n\n"
    return f"id: {frame['seq']}\nevent: {frame['event']}\ndata: ".encode() + orjson.dumps(frame) + b"\n\n"


def _packed(frame: Preview) -> bytes:
    header = orjson.dumps(_header(frame))
    return struct.pack(">I", len(header)) + header + frame.jpeg


def _header(frame: Preview) -> dict[str, Any]:
    return {"run": frame.run, "node": frame.node, "done": frame.done, "total": frame.total}
