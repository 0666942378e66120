"""The routes, a module for each thing there is; each has `routes`, and can be left out by leaving out its line."""

from __future__ import annotations

from collections.abc import Iterator

from calotype.server.routes import (
    checking,
    comparing,
    docs,
    editing,
    editor,
    endpoints,
    events,
    files,
    groups,
    models,
    nodes,
    plugins,
    queue,
    runs,
    system,
    uploads,
    workflows,
)
from calotype.server.routing import Route


def every() -> Iterator[Route]:
    """Every route of the server, in the order of the documentation."""
    for module in (
        runs,
        events,
        files,
        groups,
        queue,
        workflows,
        endpoints,
        checking,
        comparing,
        editing,
        uploads,
        nodes,
        plugins,
        models,
        system,
        docs,
        editor,
    ):
        yield from module.routes
