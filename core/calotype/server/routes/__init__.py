"""The routes, a module for each thing there is. Each module has `routes`; a module is a folder of its own to delete."""

from __future__ import annotations

from collections.abc import Iterator

from calotype.server.routing import Route


def every() -> Iterator[Route]:
    """Every route of the server, in the order of the documentation."""
    modules: tuple[object, ...] = ()
    for module in modules:
        yield from module.routes  # type: ignore[attr-defined]
