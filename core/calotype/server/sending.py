"""Handing out files that users made: as what they are or as a download, never as something that runs here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

from aiohttp import web

from calotype.server.problems import Refused

INLINE = frozenset(
    {"image/png", "image/jpeg", "image/webp", "image/gif", "video/mp4"}
)  # a browser shows and never runs
PIECE = 1 << 20  # bytes
PLAIN = "application/octet-stream"
CSP = "default-src 'none'; sandbox; frame-ancestors 'none'"
FOREVER = "private, max-age=31536000, immutable"  # for what is named by its content
NEVER = "private, no-cache"


def send(
    request: web.Request, data: bytes | memoryview, media_type: str, name: str, tag: str, *, lasting: bool = False
) -> web.StreamResponse:
    """The bytes, whole or the range that was asked for; 304 where they are known. tag: of the content.

    What is no known kind of picture is a download. Raises Refused: 416.
    """
    shown = media_type if media_type in INLINE else PLAIN
    headers = {
        "ETag": f'"{tag}"',
        "Accept-Ranges": "bytes",
        "Cache-Control": FOREVER if lasting else NEVER,
        "Content-Security-Policy": CSP,
        "Content-Disposition": _disposition("inline" if media_type in INLINE else "attachment", name),
    }
    if _known(request, tag):
        return web.Response(status=304, headers=headers)
    first, last = _range(request, len(data), tag)
    status = 200
    if (first, last) != (0, len(data)):
        headers["Content-Range"], status = f"bytes {first}-{last - 1}/{len(data)}", 206
    asked = data[first:last]
    if isinstance(asked, bytes):
        return web.Response(status=status, body=asked, content_type=shown, headers=headers)
    headers["Content-Length"] = str(len(asked))
    return web.Response(status=status, body=_pieces(asked), content_type=shown, headers=headers)


async def _pieces(data: memoryview) -> AsyncIterator[bytes]:
    """What is mapped, piece by piece, as it is sent."""
    for begin in range(0, len(data), PIECE):
        yield await asyncio.to_thread(bytes, data[begin : begin + PIECE])


def _known(request: web.Request, tag: str) -> bool:
    given = request.if_none_match
    return given is not None and any(e.value in (tag, "*") for e in given)


def _range(request: web.Request, size: int, tag: str) -> tuple[int, int]:
    """The first byte and the one after the last. Raises Refused: 416."""
    given = request.headers.get("If-Range")
    if "Range" not in request.headers or (given is not None and given.strip('"') != tag):
        return 0, size
    try:
        asked: slice[Any, Any, Any] = request.http_range
        first, last, _ = asked.indices(size)
    except ValueError:
        first, last = size, size
    if first >= last:
        headers = {"Content-Range": f"bytes */{size}"}
        raise Refused(416, "range", f"the file has {size} bytes", headers=headers)
    return first, last


def _disposition(how: str, name: str) -> str:
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_. ") else "_" for c in name)[:120] or "file"
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name[:200], safe='')}"
