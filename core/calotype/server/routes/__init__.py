"""The routes, a module for each thing there is; each has `routes`, and can be left out by leaving out its line."""

from __future__ import annotations

from collections.abc import Iterator

from calotype.server.routes import checking, docs, events, nodes, queue, runs, system
from calotype.server.routing import Route


def every() -> Iterator[Route]:
    """Every route of the server, in the order of the documentation."""
    for module in (runs, events, queue, checking, nodes, system, docs):
        yield from module.routes
