"""What the application is made of, under typed keys. A route module takes what it needs with `call.part(KEY)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from calotype.server.limits import Limits
from calotype.settings import Settings

if TYPE_CHECKING:
    from calotype.server.routing import Route

LIMITS = web.AppKey("limits", Limits)
SETTINGS = web.AppKey("settings", Settings)
ROUTES: web.AppKey[tuple[Route, ...]] = web.AppKey("routes", tuple)
