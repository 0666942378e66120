"""What one node computed, as the store keeps it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


class Stored:
    """The outputs of one node by name, and what it cost.

    seconds: time of computing them; node: its id in the workflow that computed them; type: its node type; names: of the
    outputs, in order. Outputs that come from disk are decoded when they are asked for, each for itself: a hit that
    nobody reads costs nothing and imports nothing.
    """

    __slots__ = ("_decode", "_names", "_values", "node", "seconds", "type")

    def __init__(self, outputs: Mapping[str, Any], seconds: float, node: str, type: str) -> None:
        self._values: dict[str, Any] = dict(outputs)
        self._decode: Callable[[str], Any] | None = None
        self._names: tuple[str, ...] = ()  # where they are not those of the values, because these come later
        self.seconds = seconds
        self.node = node
        self.type = type

    @classmethod
    def lazy(cls, names: tuple[str, ...], decode: Callable[[str], Any], seconds: float, node: str, type: str) -> Stored:
        """Outputs that `decode` brings by name when they are asked for."""
        stored = cls({}, seconds, node, type)
        stored._names, stored._decode = names, decode
        return stored

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the outputs, in order."""
        return self._names or tuple(self._values)

    @property
    def decoded(self) -> Mapping[str, Any]:
        """The outputs that are in memory."""
        return self._values

    def value(self, name: str) -> Any:
        """One output. Raises KeyError: no such output; StoreError: it was on disk and cannot be read any more."""
        try:
            return self._values[name]
        except KeyError:
            if self._decode is None or name not in self.names:
                raise
        # Not before it is whole, and not twice: whoever comes second keeps what the first has put there.
        return self._values.setdefault(name, self._decode(name))

    def values(self) -> dict[str, Any]:
        """Every output by name. Raises StoreError as `value` does."""
        return {name: self.value(name) for name in self.names}

    def __repr__(self) -> str:
        return f"Stored({', '.join(self.names)}; {self.type} {self.node!r}, {self.seconds:.3g} s)"
