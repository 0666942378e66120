"""The application: routes behind the gate, errors as problem details, headers on every answer."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from aiohttp import web

from calotype.errors import CalotypeError
from calotype.server.gate import GATE, Gate
from calotype.server.keys import LIMITS, ROUTES, SETTINGS, STATE
from calotype.server.limits import Limits
from calotype.server.problems import Refused
from calotype.server.routing import Route
from calotype.server.state import State
from calotype.settings import Settings

_log = logging.getLogger(__name__)

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


def create(
    settings: Settings,
    gate: Gate,
    routes: Iterable[Route],
    *,
    limits: Limits | None = None,
    parts: Mapping[web.AppKey[Any], Any] | None = None,
) -> web.Application:
    """The application with these routes. parts: what the routes take with `call.part`."""
    limits = limits or Limits()
    app = web.Application(middlewares=[_guarded], client_max_size=limits.upload)
    app[SETTINGS], app[LIMITS], app[GATE], app[STATE] = settings, limits, gate, State()
    for key, part in (parts or {}).items():
        app[key] = part
    app[ROUTES] = tuple(routes)
    for route in app[ROUTES]:
        app.router.add_route(route.method, route.path, route.carry_out)
    app.on_response_prepare.append(_headed)
    return app


@web.middleware
async def _guarded(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """The gate first, then the route; whatever goes wrong becomes one answer."""
    state, began = request.app[STATE], time.monotonic()
    answer = await _carried_out(request, handler)
    state.answered[answer.status] += 1
    state.seconds += time.monotonic() - began
    return answer


async def _carried_out(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        request.app[GATE].check(request)
        return await handler(request)
    except Refused as refused:
        return _answer(refused, request)
    except web.HTTPException as error:
        return _answer(_plain(error, request), request)
    except CalotypeError as error:
        return _answer(Refused.of(error), request)
    except (asyncio.CancelledError, ConnectionError):
        raise
    except Exception:
        number = secrets.token_hex(4)
        _log.exception("request %s: %s %s", number, request.method, request.path)
        return _answer(Refused(500, "internal", f"something is wrong with the server; its log has {number}"), request)


def _answer(refused: Refused, request: web.Request) -> web.StreamResponse:
    from calotype.server.pages import refusal

    wants_page = request.method == "GET" and "text/html" in request.headers.get("Accept", "")
    return refusal(refused) if wants_page else refused.response()


def _plain(error: web.HTTPException, request: web.Request) -> Refused:
    """One of aiohttp's own."""
    if error.status == 404:
        return Refused(404, "not-found", f"there is nothing at {request.path[:200]}; see /docs")
    if error.status == 405:
        allowed = error.headers.get("Allow", "")
        return Refused(
            405, "method", f"{request.method} is not possible here; {allowed} is", headers={"Allow": allowed}
        )
    return Refused(error.status, "http", error.reason)


async def _headed(request: web.Request, response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["Server"] = "calotype"  # not which library in which version
