"""The description of the API, made from the routes and their pydantic models: nothing is written by hand twice."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from calotype.server.problems import MEDIA_TYPE, ProblemDetails
from calotype.server.routing import JSON, NoQuery, Nothing, Route

REF = "#/components/schemas/{model}"
ALWAYS = (400, 401, 403, 421, 422, 429)
MUTATING = (408, 413, 415)
TITLES = {
    204: "Nothing more will come.", 400: "The body is no JSON.", 401: "The token is missing or wrong.",
    403: "A page of another origin asked.", 404: "There is no such thing.", 408: "The body did not arrive in time.",
    409: "Not possible in this state.", 412: "It was changed meanwhile.", 413: "More than a limit allows.",
    415: "The content type is not taken.", 421: "The Host header is not one of this server.",
    422: "Wrong, with every problem.", 426: "A WebSocket is needed.", 428: "A precondition is needed.",
    429: "Too many; try again later.", 503: "Not now.", 507: "The disk is full.",
}  # fmt: skip
SUMMARY = "Run node-graph workflows for diffusion models. Errors are problem details with a code and a JSON pointer."
PARAMETER = re.compile(r"\{([^}:]+)(?::([^}]+))?\}")


def describe(routes: Iterable[Route]) -> dict[str, Any]:
    """The OpenAPI 3.1 document of some routes."""
    routes = list(routes)
    models = _models(routes)
    schemas, defined = models_json_schema(models, by_alias=True, ref_template=REF)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(path_of(route), {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Calotype", "version": version("calotype"), "description": SUMMARY},
        "security": [{"bearer": []}, {"cookie": []}],
        "tags": [{"name": tag} for tag in dict.fromkeys(r.tag for r in routes)],
        "paths": paths,
        "components": {"schemas": defined.get("$defs", {}), "securitySchemes": SCHEMES},
    }


SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "The token of `calotype serve`."},
    "cookie": {
        "type": "apiKey", "in": "cookie", "name": "calotype_PORT",
        "description": "Set by opening the printed link in a browser.",
    },
}  # fmt: skip


def path_of(route: Route) -> str:
    """The path as OpenAPI has it: without patterns."""
    return PARAMETER.sub(r"{\1}", route.path)


def _models(routes: list[Route]) -> list[tuple[type[BaseModel], Any]]:
    found: dict[tuple[type[BaseModel], Any], None] = {(ProblemDetails, "serialization"): None}
    for route in routes:
        found[(route.query, "validation")] = None
        if route.mutates:
            found[(route.body, "validation")] = None
        if route.answer is not None:
            found[(route.answer, "serialization")] = None
    return list(found)


def _operation(route: Route, schemas: dict[Any, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operationId": f"{route.method.lower()}{re.sub(r'[^a-z]+', '_', path_of(route).lower()).rstrip('_')}",
        "tags": [route.tag],
        "summary": route.summary,
        "parameters": list(_parameters(route)),
        "responses": dict(_responses(route, schemas)),
    }
    if route.description:
        said["description"] = route.description
    if route.mutates:
        said["requestBody"] = _body(route, schemas)
    return said


def _body(route: Route, schemas: dict[Any, Any]) -> dict[str, Any]:
    json = {} if route.raw else schemas[(route.body, "validation")]
    content: dict[str, Any] = {JSON: {"schema": json}}
    for media in route.accepts:
        content[media] = {"schema": {"type": "object"} if media.startswith("multipart/") else {}}
    needed = route.body is not Nothing and any(f.is_required() for f in route.body.model_fields.values())
    return {"required": needed, "content": content}


def _parameters(route: Route) -> Iterator[dict[str, Any]]:
    for name, _ in PARAMETER.findall(route.path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
    if route.query is NoQuery:
        return
    shape = route.query.model_json_schema()
    for name, schema in shape["properties"].items():
        plain = {k: v for k, v in schema.items() if k not in ("title", "description")}
        said = {"name": name, "in": "query", "required": name in shape.get("required", ()), "schema": plain}
        yield said | ({"description": schema["description"]} if "description" in schema else {})


def _responses(route: Route, schemas: dict[Any, Any]) -> Iterator[tuple[str, Any]]:
    if route.socket:
        yield "101", {"description": "The WebSocket is open."}
    else:
        schema = schemas[(route.answer, "serialization")] if route.answer is not None else {}
        media = {m: {"schema": {"type": "string"}} for m in route.produces} or {JSON: {"schema": schema}}
        yield str(route.status), {"description": route.summary, "content": media}
    problem = {MEDIA_TYPE: {"schema": schemas[(ProblemDetails, "serialization")]}}
    statuses = {*ALWAYS, *(MUTATING if route.mutates else ()), *route.errors}
    for status in sorted(statuses):
        title = TITLES.get(status, "It is not carried out.")
        yield str(status), {"description": title} | ({} if status < 400 else {"content": problem})
