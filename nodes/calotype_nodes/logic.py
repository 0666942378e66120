"""Nodes that choose and compute, and single values to be shared by several inputs."""

from __future__ import annotations

from collections.abc import Collection
from typing import Generic, Literal, NamedTuple, TypeVar

from calotype import types
from calotype.node import Input, Node
from calotype_nodes.expression import evaluate

T = TypeVar("T")
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")


class Switch(Node, Generic[T], category="logic"):
    """Pass on one of two values. What the other one needs is neither run nor loaded."""

    condition: bool = True
    on_true: T = Input(lazy=True)
    on_false: T = Input(lazy=True)

    same_family = False

    def wants(self) -> Collection[str]:
        """The side that the condition chooses."""
        return ("on_true",) if self.condition else ("on_false",)

    def run(self) -> T:
        """Pass it on."""
        return self.on_true if self.condition else self.on_false


class Choose(Node, Generic[T], category="logic"):
    """Pass on one of up to six values, by its number. What the others need is neither run nor loaded."""

    number: int = Input(default=1, ge=1, le=6)
    first: T = Input(lazy=True)
    second: T = Input(lazy=True)
    third: T | None = Input(default=None, lazy=True)
    fourth: T | None = Input(default=None, lazy=True)
    fifth: T | None = Input(default=None, lazy=True)
    sixth: T | None = Input(default=None, lazy=True)

    same_family = False

    def wants(self) -> Collection[str]:
        """The one of that number."""
        return (ORDINALS[self.number - 1],)

    def run(self) -> T:
        """Pass it on."""
        value: T | None = getattr(self, ORDINALS[self.number - 1])
        if value is None:
            raise ValueError(f"there is no value number {self.number}: give one to {ORDINALS[self.number - 1]}")
        return value


class Answer(NamedTuple):
    """Yes or no."""

    answer: bool


class Compare(Node, category="logic"):
    """Compare two numbers."""

    a: float = 0.0
    b: float = 0.0
    relation: Literal["=", "≠", "<", "≤", ">", "≥"] = "="

    def run(self) -> Answer:
        """Whether the relation holds."""
        a, b = self.a, self.b
        return Answer({"=": a == b, "≠": a != b, "<": a < b, "≤": a <= b, ">": a > b, "≥": a >= b}[self.relation])


class Logic(Node, category="logic"):
    """Combine two answers."""

    a: bool = False
    b: bool = False
    operation: Literal["and", "or", "xor", "not"] = Input(default="and", doc="`not` looks at a alone.")

    def run(self) -> Answer:
        """Combine them."""
        a, b = self.a, self.b
        return Answer({"and": a and b, "or": a or b, "xor": a != b, "not": not a}[self.operation])


class Number(NamedTuple):
    """A number, and the whole number nearest to it."""

    value: float
    whole: int


class Expression(Node, category="logic"):
    """Compute with up to four numbers: `a * b + 1`, `min(a, 512)`, `a if c > 0 else b`."""

    expression: str = "a"
    a: float = 0.0
    b: float = 0.0
    c: float = 0.0
    d: float = 0.0

    def run(self) -> Number:
        """Evaluate it."""
        value = evaluate(self.expression, {name: getattr(self, name) for name in "abcd"})
        return Number(float(value), round(value))


class IntegerValue(NamedTuple):
    """A whole number."""

    value: int


class FloatValue(NamedTuple):
    """A number."""

    value: float


class TextValue(NamedTuple):
    """A text."""

    value: str


class BooleanValue(NamedTuple):
    """On or off."""

    value: bool


class Integer(Node, category="values"):
    """A whole number."""

    value: int = 0

    def run(self) -> IntegerValue:
        """Give it."""
        return IntegerValue(self.value)


class Float(Node, category="values"):
    """A number."""

    value: float = 0.0

    def run(self) -> FloatValue:
        """Give it."""
        return FloatValue(self.value)


class Text(Node, category="values"):
    """A text."""

    value: str = Input(default="", multiline=True)

    def run(self) -> TextValue:
        """Give it."""
        return TextValue(self.value)


class Boolean(Node, category="values"):
    """On or off."""

    value: bool = False

    def run(self) -> BooleanValue:
        """Give it."""
        return BooleanValue(self.value)


class Seed(Node, category="values"):
    """A seed, for several samplers."""

    value: types.Seed = 0

    def run(self) -> IntegerValue:
        """Give it."""
        return IntegerValue(self.value)
