"""What the application is made of, under typed keys. A route module takes what it needs with `call.part(KEY)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:  # so that a route module can be read, and tested, without all that the others need
    from calotype.dispatch import Dispatcher, Hub
    from calotype.library import Library
    from calotype.outputs import Outputs
    from calotype.runs import Runs
    from calotype.server.aside import Aside
    from calotype.server.documents import Documents
    from calotype.server.limits import Limits
    from calotype.server.routing import Route
    from calotype.server.shelf import Shelf
    from calotype.server.state import State
    from calotype.settings import Settings
    from calotype.uploads import Uploads

SETTINGS: web.AppKey[Settings] = web.AppKey("settings")
LIMITS: web.AppKey[Limits] = web.AppKey("limits")
STATE: web.AppKey[State] = web.AppKey("state")
ROUTES: web.AppKey[tuple[Route, ...]] = web.AppKey("routes")
DOCUMENTS: web.AppKey[Documents] = web.AppKey("documents")
ASIDE: web.AppKey[Aside] = web.AppKey("aside")
RUNS: web.AppKey[Runs] = web.AppKey("runs")
OUTPUTS: web.AppKey[Outputs] = web.AppKey("outputs")
HUB: web.AppKey[Hub] = web.AppKey("hub")
DISPATCHER: web.AppKey[Dispatcher] = web.AppKey("dispatcher")
LIBRARY: web.AppKey[Library] = web.AppKey("library")
UPLOADS: web.AppKey[Uploads] = web.AppKey("uploads")
SHELF: web.AppKey[Shelf] = web.AppKey("shelf")
