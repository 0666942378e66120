"""Answers that stay the same are packed once, and well, instead of for everybody who asks."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Mapping
from functools import lru_cache

from aiohttp import web

LEAST = 1024  # bytes: less is not worth it
PACKED = frozenset({"font/woff2", "image/webp"})  # media types that are packed already


async def packed(
    request: web.BaseRequest, data: bytes, media_type: str, headers: Mapping[str, str] | None = None
) -> web.Response:
    """An answer with this body, packed where the one who asks takes that."""
    said = dict(headers or {}) | {"Vary": "Accept-Encoding"}
    if len(data) >= LEAST and media_type not in PACKED and _takes_gzip(request):
        data = await asyncio.to_thread(_gzip, data)
        said["Content-Encoding"] = "gzip"
    return web.Response(body=data, content_type=media_type, headers=said)


def _takes_gzip(request: web.BaseRequest) -> bool:
    asked = (part.partition(";") for part in request.headers.get("Accept-Encoding", "").lower().split(","))
    return any(name.strip() == "gzip" and how.replace(" ", "") not in ("q=0", "q=0.0") for name, _, how in asked)


@lru_cache(maxsize=32)
def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, compresslevel=9, mtime=0)
