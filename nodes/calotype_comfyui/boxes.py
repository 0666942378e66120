"""What both formats of ComfyUI come to before anything is mapped: boxes with values and wires, in one flat list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

MUTED, BYPASSED = 2, 4  # the editor's modes of a node that does not run
SHELL = ""  # the type of a box that only says what a bypassed instance of a subgraph passes on
MOST = 100_000  # boxes, however often subgraphs contain each other


class Wire(NamedTuple):
    """The end that a value comes from: which output of which box."""

    box: str
    slot: int


@dataclass(frozen=True, slots=True)
class Linked:
    """A wire at an input. fallback: the value of the widget beneath it, `NONE` where there is none."""

    wire: Wire
    fallback: Any = None


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that a wire brings: of a primitive node, or from outside of a subgraph."""

    value: Any


class Nothing:
    """The absence of a value; null is one."""


NONE = Nothing()


@dataclass(slots=True)
class Box:
    """One node of ComfyUI. inputs: literals and `Linked`. accepts, gives: types of its sockets, in order, of inputs
    with their names; only the editor's format says them. said: its type in the file, where it goes by another here.
    """

    id: str
    type: str
    inputs: dict[str, Any]
    title: str = ""
    mode: int = 0
    place: tuple[int, int] | None = None
    accepts: tuple[tuple[str, str], ...] = ()
    gives: tuple[str, ...] = ()
    said: str = ""

    @property
    def off(self) -> bool:
        """Whether it does not run."""
        return self.mode in (MUTED, BYPASSED)


Source = Wire | Literal | None


@dataclass(slots=True)
class Scene:
    """Everything that was read.

    detours: where a wire from a reroute, a primitive, or the edge of a subgraph really comes from. frames: groups and
    notes, as a document holds them. remarks: what to say of boxes: (box, text).
    """

    boxes: list[Box] = field(default_factory=list)
    detours: dict[Wire, Source] = field(default_factory=dict)
    frames: list[dict[str, Any]] = field(default_factory=list)
    remarks: list[tuple[str, str]] = field(default_factory=list)

    def follow(self, wire: Wire, more: Mapping[Wire, Source] | None = None) -> Source:
        """Where a wire really comes from; None if from nowhere. more: further detours, which go first."""
        seen: set[Wire] = set()
        at: Source = wire
        while isinstance(at, Wire) and at not in seen:
            seen.add(at)
            if more is not None and at in more:
                at = more[at]
            elif at in self.detours:
                at = self.detours[at]
            else:
                return at
        return None if isinstance(at, Wire) else at  # a wire that goes round comes from nowhere
