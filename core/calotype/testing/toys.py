"""The toy nodes in a registry."""

from __future__ import annotations

from calotype.node import Node
from calotype.registry import Registry
from calotype.testing import nodes


def registry(*more: type[Node]) -> Registry:
    """A registry with every toy node under its plain name, and `more`."""
    filled = Registry()
    for name in nodes.names():
        filled.add_class(getattr(nodes, name))
    for cls in more:
        filled.add_class(cls)
    return filled
