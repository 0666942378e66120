"""What brings node types. Nothing here installs, enables or imports anything."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Any

from aiohttp import web

from calotype.server.editor import CSP
from calotype.server.keys import DOCUMENTS
from calotype.server.problems import Refused
from calotype.server.routing import Answer, Call, NoQuery, Routes

routes = Routes("nodes")
SCRIPT = "text/javascript"


class PluginAnswer(Answer):
    """A plugin. status: ok, broken, disabled; error: what is wrong with it; nodes: the types that it brings.

    widgets: the custom elements that it brings for the editor.
    """

    name: str
    version: str
    origin: str
    path: str
    status: str
    error: str
    nodes: list[str]
    requires: list[str]
    widgets: list[str]


class Plugins(Answer):
    """Every plugin that was found."""

    plugins: list[PluginAnswer]


@routes.get("/v1/plugins", answer=Plugins)
async def plugins(call: Call[None, NoQuery]) -> dict[str, Any]:
    """What brings node types, and what is wrong with it. Plugins are installed and enabled on the command line only."""
    return {"plugins": [r.to_dict() for r in call.part(DOCUMENTS).plugins.records]}


@routes.get("/v1/plugins/widgets/{module}", produces=(SCRIPT,), errors=(404,))
async def widget(call: Call[None, NoQuery]) -> web.StreamResponse:
    """The module NAME.js of a plugin's widget: an ES module that defines the custom element NAME.

    Only what plugins were found to bring at the start is served, by its name there. It has an ETag; with
    `If-None-Match` it is 304 until the file changes.
    """
    name = call["module"].removesuffix(".js")
    found = call.part(DOCUMENTS).plugins.widget(name) if call["module"].endswith(".js") else None
    data = await asyncio.to_thread(_read, found) if found else None
    if data is None:
        raise Refused.missing("widget", call["module"])
    tag = hashlib.blake2b(data, digest_size=16).hexdigest()
    headers = {"ETag": f'"{tag}"', "Cache-Control": "private, no-cache", "Content-Security-Policy": CSP}
    known = call.request.if_none_match
    if known is not None and any(e.value in (tag, "*") for e in known):
        return web.Response(status=304, headers=headers)
    return web.Response(body=data, content_type=SCRIPT, charset="utf-8", headers=headers)


def _read(file: Path) -> bytes | None:
    """The module; None where the file has gone since."""
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None
