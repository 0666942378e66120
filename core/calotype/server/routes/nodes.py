"""The node types there are, as data."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import orjson
from aiohttp import web

from calotype.server.keys import DOCUMENTS
from calotype.server.packed import packed
from calotype.server.problems import Refused
from calotype.server.routing import JSON, Answer, Call, NoQuery, Routes

routes = Routes("nodes")


class NodeType(Answer):
    """A node type: what `calotype nodes TYPE --json` prints."""

    id: str
    version: int
    category: str
    doc: str
    inputs: list[dict[str, Any]]
    outputs: list[dict[str, Any]]


class Catalogue(Answer):
    """Every node type, by category and id."""

    nodes: list[NodeType]


@routes.get("/v1/nodes", answer=Catalogue)
async def nodes(call: Call[None, NoQuery]) -> web.StreamResponse:
    """Every node type: inputs with types, ranges and defaults, and outputs.

    The answer has an ETag; with `If-None-Match` it is 304 until a plugin changes.
    """
    body = await asyncio.to_thread(_everything, call)
    return await _tagged(call, body)


@routes.get("/v1/nodes/{type}", answer=NodeType, errors=(404,))
async def node(call: Call[None, NoQuery]) -> web.StreamResponse:
    """One node type, by its id or an older name."""
    registry = call.part(DOCUMENTS).registry
    spec = registry.get(call["type"])
    if spec is None:
        raise Refused.missing("node type", call["type"], registry.suggest(call["type"]))
    return await _tagged(call, orjson.dumps(spec.to_dict(), default=str))


def _everything(call: Call[None, NoQuery]) -> bytes:
    specs = sorted(call.part(DOCUMENTS).registry, key=lambda s: (s.category, s.id))
    return orjson.dumps({"nodes": [s.to_dict() for s in specs]}, default=str)


async def _tagged(call: Call[None, NoQuery], body: bytes) -> web.Response:
    """An answer that is not sent again while it is the same."""
    tag = hashlib.blake2b(body, digest_size=16).hexdigest()
    headers = {"ETag": f'"{tag}"', "Cache-Control": "private, no-cache"}
    known = call.request.if_none_match
    if known is not None and any(e.value in (tag, "*") for e in known):
        return web.Response(status=304, headers=headers)
    return await packed(call.request, body, JSON, headers)
