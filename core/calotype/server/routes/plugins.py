"""What brings node types. Nothing here installs, enables or imports anything."""

from __future__ import annotations

from typing import Any

from calotype.server.keys import DOCUMENTS
from calotype.server.routing import Answer, Call, NoQuery, Routes

routes = Routes("nodes")


class PluginAnswer(Answer):
    """A plugin. status: ok, broken, disabled; error: what is wrong with it; nodes: the types that it brings."""

    name: str
    version: str
    origin: str
    path: str
    status: str
    error: str
    nodes: list[str]
    requires: list[str]


class Plugins(Answer):
    """Every plugin that was found."""

    plugins: list[PluginAnswer]


@routes.get("/v1/plugins", answer=Plugins)
async def plugins(call: Call[None, NoQuery]) -> dict[str, Any]:
    """What brings node types, and what is wrong with it. Plugins are installed and enabled on the command line only."""
    return {"plugins": [r.to_dict() for r in call.part(DOCUMENTS).plugins.records]}
