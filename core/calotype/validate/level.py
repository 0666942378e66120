"""One graph under check, and what is known of it so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from calotype.graph import Edge, Graph
from calotype.sockets import Socket
from calotype.validate.families import Known


@dataclass(frozen=True, slots=True)
class Given:
    """What comes to one place in the body of a map from outside: a type, literals, a family."""

    socket: Socket | None = None
    values: tuple[Any, ...] = ()
    family: Known | None = None


Outside = Mapping[str, Mapping[tuple[str, int | None], Given]]  # by node, then input and item


@dataclass(slots=True)
class Level:
    """One graph under check: the whole one, or the body of a map. prefix: what stands before its ids."""

    graph: Graph
    prefix: str = ""
    given: Outside = field(default_factory=dict)
    types: dict[str, Mapping[str, Socket] | None] = field(default_factory=dict)  # outputs by node; None: not known
    families: dict[tuple[str, str], Known] = field(default_factory=dict)
    lost: dict[str, list[tuple[Edge, str]]] = field(default_factory=dict)  # links past disabled nodes to nowhere
