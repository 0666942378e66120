"""The description of the API for programs and for people, and the front of the server."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from html import escape
from typing import Any
from urllib.parse import urlencode

import orjson
from aiohttp import web
from pydantic import Field

from calotype.server.gate import GATE
from calotype.server.interfaces import paths
from calotype.server.keys import DOCUMENTS, LIBRARY, ROUTES
from calotype.server.openapi import describe, path_of
from calotype.server.pages import page
from calotype.server.routes import editor
from calotype.server.routing import JSON, Asked, Call, NoQuery, Route, Routes

routes = Routes("docs")
HTML = "text/html"


class FrontQuery(Asked):
    """token: as in the link that `calotype serve` prints; it becomes a cookie. The rest is for the page itself."""

    token: str = Field("", max_length=500)
    workflow: str = Field("", max_length=300, description="The name of the workflow that is opened.")
    lang: str = Field("", max_length=35, description="The language of the page.")


@routes.get("/", query=FrontQuery, produces=(HTML,))
async def front(call: Call[None, FrontQuery]) -> web.StreamResponse:
    """The page that people open."""
    if call.query.token:
        return _entered(call)
    return editor.front() or page("Calotype", FRONT)


FRONT = (
    "<p>This server runs node-graph workflows for diffusion models.</p>"
    '<ul><li><a href="/docs">The HTTP API</a>, and <a href="/openapi.json">as OpenAPI</a></li>'
    '<li><a href="/v1/system">This server</a>: version, workers, limits</li>'
    '<li><a href="/v1/queue">The queue</a> and <a href="/v1/runs">the runs</a></li>'
    '<li><a href="/v1/workflows">Workflows</a> and <a href="/v1/nodes">node types</a></li></ul>'
)


def _entered(call: Call[None, FrontQuery]) -> web.Response:
    """The gate has seen the token. The page leads on by itself: a redirect from another site would lose the cookie."""
    gate = call.part(GATE)
    rest = urlencode({k: v for k, v in call.query.model_dump().items() if v and k != "token"})
    to = escape(f"/?{rest}" if rest else "/")
    head = f'<meta http-equiv="refresh" content="0;url={to}">'
    made = page("Calotype", f'<p><a href="{to}">Go on</a></p>', head=head)
    secure = gate.scheme == "https"
    made.set_cookie(gate.cookie, gate.session, httponly=True, samesite="Strict", secure=secure, path="/")
    return made


@routes.get("/openapi.json")
async def openapi(call: Call[None, NoQuery]) -> web.StreamResponse:
    """This API as OpenAPI 3.1."""
    return web.Response(body=await asyncio.to_thread(_described, call), content_type=JSON)


def _described(call: Call[None, NoQuery]) -> bytes:
    """With the endpoints of the workflows that are there, each with its own schema."""
    own = paths(call.part(LIBRARY), call.part(DOCUMENTS).registry) if LIBRARY in call.request.app else {}
    known: tuple[Route, ...] = call.part(ROUTES)
    said = _description(known)
    return orjson.dumps(said | {"paths": said["paths"] | own}, default=str)


@lru_cache(1)
def _description(known: tuple[Route, ...]) -> dict[str, Any]:
    return describe(known)


@routes.get("/docs", produces=(HTML,))
async def docs(call: Call[None, NoQuery]) -> web.StreamResponse:
    """This API for people."""
    return page("Calotype: the HTTP API", await asyncio.to_thread(_page, call.part(ROUTES)))


@lru_cache(1)  # the routes of a server stay as they are
def _page(known: tuple[Route, ...]) -> str:
    schemas = _description(known)["components"]["schemas"]
    parts = [INTRODUCTION]
    for tag in dict.fromkeys(r.tag for r in known):
        own = [r for r in known if r.tag == tag]
        parts.append(f'<h2 id="{tag}">{escape(tag.capitalize())}</h2>')
        parts += [_route(r, schemas) for r in own]
    return "".join(parts)


INTRODUCTION = (
    "<p>Every request needs the token: <code>Authorization: Bearer TOKEN</code>. What changes something is sent with "
    "<code>Content-Type: application/json</code>, also without a body. Errors are problem details "
    "(<code>application/problem+json</code>) with <code>code</code>, <code>pointer</code>, <code>suggestion</code> "
    'and all <code>problems</code>. The same as <a href="/openapi.json">OpenAPI</a>.</p>'
    "<pre>curl -H &quot;Authorization: Bearer $CALOTYPE_TOKEN&quot; -H &quot;Content-Type: application/json&quot; \\\n"
    "  -d '{&quot;workflow&quot;: &quot;text_to_image&quot;, &quot;inputs&quot;: {&quot;prompt&quot;: &quot;a red "
    "apple&quot;}}' http://127.0.0.1:8188/v1/runs</pre>"
)


def _route(route: Route, schemas: dict[str, Any]) -> str:
    said = [f"<h3><code>{route.method} {escape(path_of(route))}</code></h3><p>{escape(route.summary)}</p>"]
    said += [f"<p>{escape(part)}</p>" for part in route.description.split("\n\n") if part]
    said.append(_fields("Query", route.query.model_json_schema().get("properties", {})))
    if route.mutates and not route.raw:
        said.append(_fields("Body", schemas.get(route.body.__name__, {}).get("properties", {})))
    if route.accepts:
        said.append(f"<p>Also takes {escape(', '.join(route.accepts))}.</p>")
    if route.answer is not None:
        said.append(_fields(f"Answer, {route.status}", schemas.get(route.answer.__name__, {}).get("properties", {})))
    return "".join(said)


def _fields(title: str, properties: dict[str, Any]) -> str:
    if not properties:
        return ""
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(_kind(shape))}</td>"
        f"<td>{escape(shape.get('description', ''))}</td></tr>"
        for name, shape in properties.items()
    )
    return f"<table><tr><th colspan=3>{escape(title)}</th></tr>{rows}</table>"


def _kind(shape: dict[str, Any]) -> str:
    """A JSON schema in a few words."""
    if "$ref" in shape:
        return str(shape["$ref"].rpartition("/")[2])
    if "anyOf" in shape:
        return " or ".join(_kind(one) for one in shape["anyOf"])
    if shape.get("type") == "array":
        return f"list of {_kind(shape.get('items', {}))}"
    default = f", default {shape['default']!r}" if "default" in shape and shape["default"] not in (None, {}) else ""
    return f"{shape.get('type', 'anything')}{default}"
