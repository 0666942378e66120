"""The toy nodes in a registry."""

from __future__ import annotations

from calotype.node import Node, spec_of
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


def stand_in(filled: Registry, cls: type[Node]) -> None:
    """Add a node class to a registry in place of whatever has its id or one of its aliases. Raises DefinitionError."""
    spec = spec_of(cls)
    for name in (spec.id, *spec.aliases):
        other = filled.get(name)
        if other is not None:
            filled.remove(other.id)
    filled.add_class(cls)
