"""Nodes that make lists, to map a subgraph over, and that take things out of them."""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

from calotype.node import Input, Node

T = TypeVar("T")
LONGEST = 10_000  # items of a range


class ListOf(Node, Generic[T], category="list"):
    """Make a list of values of one type."""

    items: tuple[T, ...] = Input(least=1)

    same_family = False

    def run(self) -> list[T]:
        """The list, in order."""
        return list(self.items)


class Integers(NamedTuple):
    """Whole numbers."""

    values: list[int]


class Numbers(NamedTuple):
    """Numbers."""

    values: list[float]


class Length(NamedTuple):
    """How many."""

    length: int


class RangeList(Node, category="list"):
    """Count: whole numbers from a first one, by a step."""

    first: int = 0
    count: int = Input(default=1, ge=1, le=LONGEST)
    step: int = 1

    def run(self) -> Integers:
        """The numbers."""
        return Integers([self.first + i * self.step for i in range(self.count)])


class SpreadList(Node, category="list"):
    """Numbers at even distances from a first to a last one, both included."""

    first: float = 0.0
    last: float = 1.0
    count: int = Input(default=5, ge=1, le=LONGEST)

    def run(self) -> Numbers:
        """The numbers; a single one is the first."""
        width = self.last - self.first
        return Numbers([self.first + width * i / max(1, self.count - 1) for i in range(self.count)])


class PickFromList(Node, Generic[T], category="list"):
    """Take one item out of a list."""

    items: list[T]
    index: int = Input(default=0, ge=-LONGEST, le=LONGEST, doc="From 0; -1 is the last.")

    same_family = False

    def run(self) -> T:
        """The item."""
        if not -len(self.items) <= self.index < len(self.items):
            raise ValueError(f"there is no item {self.index} in a list of {len(self.items)}")
        return self.items[self.index]


class ListLength(Node, Generic[T], category="list"):
    """Count the items of a list."""

    items: list[T]

    same_family = False

    def run(self) -> Length:
        """The number of items."""
        return Length(len(self.items))


class JoinLists(Node, Generic[T], category="list"):
    """Put lists behind one another."""

    lists: tuple[list[T], ...] = Input(least=1)

    same_family = False

    def run(self) -> list[T]:
        """One list."""
        return [item for one in self.lists for item in one]
