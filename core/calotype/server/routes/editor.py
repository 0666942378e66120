"""The page of the editor and what it is made of."""

from __future__ import annotations

from aiohttp import web

from calotype.server.editor import CSP, Asset, assets
from calotype.server.packed import packed
from calotype.server.problems import Refused
from calotype.server.routing import Call, NoQuery, Routes

routes = Routes("docs")
FOREVER = "public, max-age=31536000, immutable"  # their names carry their content


@routes.get("/assets/{name}", produces=("text/javascript", "text/css", "font/woff2", "image/webp"), errors=(404,))
async def asset(call: Call[None, NoQuery]) -> web.StreamResponse:
    """A script, a style, a font or a picture of the editor."""
    found = _found(f"assets/{call['name']}")
    return await packed(call.request, found.data, found.media_type, _headers(FOREVER))


@routes.get("/icon.svg", produces=("image/svg+xml",), errors=(404,))
async def icon(call: Call[None, NoQuery]) -> web.StreamResponse:
    """The icon of the editor."""
    return _file("icon.svg", "max-age=86400")


def front() -> web.StreamResponse | None:
    """The editor's page; None where the editor was not built."""
    return _file("index.html", "no-cache") if "index.html" in assets() else None


def _file(name: str, keep: str) -> web.StreamResponse:
    found = _found(name)
    return web.Response(body=found.data, content_type=found.media_type, headers=_headers(keep))


def _found(name: str) -> Asset:
    found = assets().get(name)
    if found is None:
        raise Refused.missing("file", name)
    return found


def _headers(keep: str) -> dict[str, str]:
    return {"Content-Security-Policy": CSP, "Cache-Control": keep}
