"""The events of a run as they happen, over connections that break."""

from __future__ import annotations

import asyncio
import base64
import json
import struct
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

import aiohttp

from calotype.client.errors import ServerError, Unreachable
from calotype.client.transport import Transport

PATIENCE = 60.0  # seconds that a server may be away
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 3.0  # seconds between attempts
ENDED = "RunEnded"
Event = dict[str, Any]


async def follow(
    transport: Transport, path: str, after: int, previews: bool, patience: float = PATIENCE
) -> AsyncGenerator[Event, None]:
    """Every event of one run after a number, to its end. A connection that breaks is opened again where it was.

    Previews come as {"event": "preview", ..., "jpeg": bytes}, and are not repeated. Raises Unreachable when the server
    stays away, CalotypeError for what it refuses.
    """
    loop, pause = asyncio.get_running_loop(), FIRST_PAUSE
    heard = loop.time()
    while True:
        try:
            async with aclosing(_stream(transport, path, after, previews)) as events:
                async for event in events:
                    heard, pause = loop.time(), FIRST_PAUSE
                    after = event.get("seq", after)
                    yield event
                    if event["event"] == ENDED:
                        return
            if await _over(transport, path, after):
                return
        except Unreachable:
            if loop.time() - heard > patience:
                raise
        except ServerError as error:
            if error.status not in (429, 502, 503) or loop.time() - heard > patience:
                raise
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


async def _over(transport: Transport, path: str, after: int) -> bool:
    """Whether the run has ended and everything was read: the server answers so without a body."""
    async with transport.open("GET", path, query={"after": after, "previews": False}) as answer:
        return answer.status == 204


async def _stream(transport: Transport, path: str, after: int, previews: bool) -> AsyncGenerator[Event, None]:
    async with transport.open("GET", path, query={"after": after, "previews": previews}) as answer:
        if answer.status == 204:
            return
        kind, data = "", b""
        try:
            async for line in _lines(answer.content):
                name, _, value = line.partition(b":")
                if name == b"data":
                    data += value.removeprefix(b" ")
                elif name == b"event":
                    kind = value.decode().strip()
                elif not line and data:
                    yield _event(kind, data)
                    kind, data = "", b""
        except (aiohttp.ClientError, TimeoutError) as error:
            raise transport.unreachable(error) from error


async def _lines(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """Lines of any length; one that is not ended yet when the connection breaks is none."""
    held = b""
    async for chunk in content.iter_any():
        *whole, held = (held + chunk).split(b"\n")
        for line in whole:
            yield line.rstrip(b"\r")


def _event(kind: str, data: bytes) -> Event:
    said: Event = json.loads(data)
    if kind == "preview":
        return {"event": "preview"} | said | {"jpeg": base64.b64decode(said["jpeg"])}
    return said


async def listen(transport: Transport, path: str, query: dict[str, Any]) -> AsyncGenerator[Event, None]:
    """The events of a WebSocket, until the server closes it. Raises CalotypeError."""
    async with transport.socket(path, query) as socket:
        async for message in socket:
            if message.type == aiohttp.WSMsgType.TEXT:
                yield json.loads(message.data)
            elif message.type == aiohttp.WSMsgType.BINARY:
                (size,) = struct.unpack(">I", message.data[:4])
                yield {"event": "preview"} | json.loads(message.data[4 : 4 + size]) | {"jpeg": message.data[4 + size :]}
