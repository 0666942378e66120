"""Node types by id. A registry is built once and passed down; there is no global one."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator

from calotype.errors import RegistryError
from calotype.node import Node, NodeSpec, spec_of


class Registry:
    """Knows every node type: its spec at once, its class (the code) on first use.

    Responsibilities: ids and aliases are unique (a duplicate is an error naming both origins); nearest names for
    messages; loading the code of a type when it is needed.
    """

    def __init__(self) -> None:
        self._specs: dict[str, NodeSpec] = {}
        self._loaders: dict[str, Callable[[], type[Node]]] = {}
        self._aliases: dict[str, str] = {}
        self._classes: dict[str, type[Node]] = {}

    def add(self, spec: NodeSpec, load: Callable[[], type[Node]]) -> None:
        """Add a node type whose code `load` brings. Raises RegistryError on a duplicate id or alias."""
        for name in (spec.id, *spec.aliases):
            other = self.get(name)
            if other is not None:
                raise RegistryError(
                    f'the node type "{name}" is defined twice: in {other.source or other.id} and in '
                    f"{spec.source or spec.id}"
                )
        self._specs[spec.id] = spec
        self._loaders[spec.id] = load
        self._aliases.update(dict.fromkeys(spec.aliases, spec.id))

    def add_class(self, cls: type[Node], prefix: str = "") -> NodeSpec:
        """Add a node class. Raises DefinitionError, RegistryError."""
        spec = spec_of(cls, prefix)
        self.add(spec, lambda: cls)
        return spec

    def remove(self, type_id: str) -> None:
        """Forget a node type and its aliases."""
        spec = self._specs.pop(type_id)
        self._loaders.pop(type_id)
        self._classes.pop(type_id, None)
        for alias in spec.aliases:
            self._aliases.pop(alias)

    def get(self, type_id: str) -> NodeSpec | None:
        """The spec by id or alias, or None."""
        return self._specs.get(type_id) or self._specs.get(self._aliases.get(type_id, ""))

    def __getitem__(self, type_id: str) -> NodeSpec:
        spec = self._specs.get(type_id) or self.get(type_id)
        if spec is None:
            near = self.suggest(type_id)
            raise RegistryError(f'there is no node type "{type_id}"' + (f'. Did you mean "{near}"?' if near else ""))
        return spec

    def __contains__(self, type_id: str) -> bool:
        return self.get(type_id) is not None

    def __iter__(self) -> Iterator[NodeSpec]:
        return iter(self._specs.values())

    def __len__(self) -> int:
        return len(self._specs)

    @property
    def names(self) -> tuple[str, ...]:
        """Every id and alias."""
        return (*self._specs, *self._aliases)

    def node_class(self, type_id: str) -> type[Node]:
        """The class of a node type; its module is imported now, if it was not. Raises RegistryError, PluginError."""
        spec = self[type_id]
        if spec.id not in self._classes:
            self._classes[spec.id] = self._loaders[spec.id]()
        return self._classes[spec.id]

    def suggest(self, type_id: str) -> str | None:
        """The id or alias nearest to a mistyped one."""
        lowered = {name.lower(): name for name in self.names}
        near = difflib.get_close_matches(type_id.lower(), lowered, 1, 0.6)
        return lowered[near[0]] if near else None
