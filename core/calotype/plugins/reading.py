"""From a plugin's code to the specs of its nodes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from calotype.errors import DefinitionError, PluginError
from calotype.node import Node, NodeSpec, spec_of
from calotype.plugins.loading import load
from calotype.plugins.record import Source


@dataclass(frozen=True, slots=True)
class FoundNode:
    """A node type and where its class is. module: relative to the plugin's root, empty for the root itself."""

    spec: NodeSpec
    module: str
    name: str

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"spec": self.spec.to_dict(), "module": self.module, "name": self.name}

    @classmethod
    def from_dict(cls, said: dict[str, Any]) -> FoundNode:
        """The inverse of `to_dict`."""
        return cls(NodeSpec.from_dict(said["spec"]), said["module"], said["name"])


@dataclass(frozen=True, slots=True)
class Found:
    """What a plugin brings, and what in it does not work."""

    nodes: tuple[FoundNode, ...] = ()
    errors: tuple[str, ...] = ()


def read(source: Source) -> Found:
    """Import a plugin and describe its nodes. Raises nothing: every error is in the result, the rest still works."""
    missing = [complaint for r in source.requires if (complaint := _unmet(r))]
    if missing:
        return Found(errors=("; ".join(missing),))
    try:
        root = load(source)
        listed = _listed(root, source)
    except PluginError as error:
        return Found(errors=(str(error),))
    nodes: list[FoundNode] = []
    errors: list[str] = []
    for module in ("", *listed):
        try:
            code = load(source, f"{source.module}.{module}") if module else root
        except PluginError as error:
            errors.append(str(error))
            continue
        for cls in classes_in(code):
            try:
                nodes.append(FoundNode(spec_of(cls, source.prefix), module, cls.__name__))
            except DefinitionError as error:
                errors.append(str(error))
    return Found(tuple(nodes), tuple(errors))


def classes_in(module: ModuleType) -> Iterator[type[Node]]:
    """The node classes that a module defines itself; a name that begins with an underscore is a base class."""
    for value in list(vars(module).values()):
        node = isinstance(value, type) and issubclass(value, Node) and value.__module__ == module.__name__
        if node and not value.__name__.startswith("_"):
            yield value


def node_class(source: Source, node: FoundNode) -> type[Node]:
    """The class of a node type; its module is imported if it was not. Raises PluginError."""
    module = load(source, f"{source.module}.{node.module}" if node.module else source.module)
    cls = getattr(module, node.name, None)
    if not (isinstance(cls, type) and issubclass(cls, Node)):
        raise PluginError(
            f'plugin "{source.name}": {module.__file__} has no node class {node.name} any more; reload it'
        )
    return cls


def _listed(root: ModuleType, source: Source) -> tuple[str, ...]:
    """The modules in `NODE_MODULES`, relative to the root. Raises PluginError."""
    names = getattr(root, "NODE_MODULES", ())
    if isinstance(names, str) or not all(isinstance(n, str) for n in names):
        raise PluginError(f"{root.__file__}: NODE_MODULES is {names!r}; it is a tuple of module names")
    own = (f"{source.module}.", f"{source.place.stem}.", ".")
    return tuple(next((n.removeprefix(p) for p in own if n.startswith(p)), n) for n in names)


def _unmet(requirement: str) -> str | None:
    from importlib import metadata  # these two take longer to import than a warm start has

    from packaging.requirements import InvalidRequirement, Requirement

    try:
        wanted = Requirement(requirement)
    except InvalidRequirement as error:
        return f"its requirement {requirement!r} cannot be read: {error}"
    if wanted.marker and not wanted.marker.evaluate():
        return None
    try:
        there = metadata.version(wanted.name)
    except metadata.PackageNotFoundError:
        return f'it needs {wanted.name}, which is not installed: python -m pip install "{requirement}"'
    if wanted.specifier.contains(there, prereleases=True):
        return None
    return f'it needs {requirement}, and {there} is installed: python -m pip install "{requirement}"'
