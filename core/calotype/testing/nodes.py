"""Toy nodes for tests of the engine: each shows one thing that a node can be or do."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Generic, Literal, NamedTuple, TypeVar

from calotype.node import Context, Input, Node
from calotype.testing.pictures import Brighter, MakeImage, MakeMask, Mutate, PassImage
from calotype.types import Artifact, Model, Saved, Secret, Seed

__all__ = [
    "Add",
    "Brighter",
    "Choose",
    "Concat",
    "Describe",
    "Divide",
    "Fail",
    "Fingerprinted",
    "Halves",
    "Identity",
    "Join",
    "MakeImage",
    "MakeList",
    "MakeMask",
    "Mutate",
    "NeedsModel",
    "Number",
    "PassImage",
    "Real",
    "Same",
    "SaveText",
    "Scale",
    "Seeded",
    "Show",
    "Slow",
    "Sum",
    "Text",
    "Total",
    "Traced",
    "Volatile",
    "Warns",
    "WithSecret",
    "names",
    "recording",
]

T = TypeVar("T")


class Number(Node, category="toy"):
    """A whole number."""

    value: int = 0

    def run(self) -> int:
        """The number."""
        return self.value


class Real(Node, category="toy"):
    """A real number."""

    value: float = 0.0

    def run(self) -> float:
        """The number."""
        return self.value


class Text(Node, category="toy"):
    """A text."""

    text: str = Input(default="", multiline=True)

    def run(self) -> str:
        """The text."""
        return self.text


class Add(Node, category="toy"):
    """The sum of two whole numbers."""

    a: int
    b: int = Input(default=0, ge=-1_000_000, le=1_000_000)

    def run(self) -> int:
        """a + b."""
        return self.a + self.b


class Scale(Node, category="toy"):
    """A number times a factor; version 2 called `by` what version 1 called `factor`."""

    version = 2
    aliases = ("Multiply",)

    value: float
    by: float = Input(default=1.0, ge=0, le=100)

    @classmethod
    def migrate(cls, inputs: Mapping[str, Any], from_version: int) -> dict[str, Any]:
        """Version 1 had `factor`."""
        return {"by" if name == "factor" else name: value for name, value in inputs.items()}

    def run(self) -> float:
        """value * by."""
        return self.value * self.by


class Concat(Node, category="toy"):
    """Two texts in one."""

    a: str
    b: str
    separator: str = ""

    def run(self) -> str:
        """a, separator, b."""
        return f"{self.a}{self.separator}{self.b}"


class Halves(NamedTuple):
    """Quotient and remainder."""

    quotient: int
    remainder: int


class Divide(Node, category="toy"):
    """Whole division: a node with two outputs; fails when `by` is 0."""

    value: int
    by: int = 2

    def run(self) -> Halves:
        """Quotient and remainder. Raises ZeroDivisionError."""
        return Halves(*divmod(self.value, self.by))


class Fail(Node, category="toy"):
    """Raises a ValueError with the message."""

    value: int = 0
    message: str = "it failed"

    def run(self) -> int:
        """Raises ValueError."""
        raise ValueError(self.message)


class Slow(Node, category="toy"):
    """Takes `seconds`, in `steps` steps; can be cancelled at each."""

    value: int = 0
    seconds: float = Input(default=0.1, ge=0, le=3600)
    steps: int = Input(default=10, ge=1, le=10_000)

    def run(self, ctx: Context) -> int:
        """The value. Raises Cancelled."""
        for done in range(self.steps):
            ctx.step(done, self.steps)
            time.sleep(self.seconds / self.steps)
        ctx.step(self.steps, self.steps)
        return self.value


class Traced(Node, Generic[T], category="toy"):
    """Gives its value on, and writes `name` as a line at the end of the file `log`: who ran, and how often."""

    value: T
    log: str
    name: str = "traced"

    def run(self) -> T:
        """The value."""
        with Path(self.log).open("a", encoding="utf-8") as file:
            file.write(f"{self.name}\n")
        return self.value


class Choose(Node, Generic[T], category="toy"):
    """One of two branches; the other one is never run."""

    first: T | None = Input(default=None, lazy=True)
    second: T | None = Input(default=None, lazy=True)
    use_second: bool = False

    def wants(self) -> Collection[str]:
        """The branch that is chosen."""
        return ("second",) if self.use_second else ("first",)

    def run(self) -> T:
        """The value of the chosen branch. Raises ValueError if nothing is linked to it."""
        chosen = self.second if self.use_second else self.first
        if chosen is None:
            raise ValueError("nothing is linked to the chosen branch")
        return chosen


class Sum(Node, category="toy"):
    """The sum of any number of whole numbers."""

    values: tuple[int, ...]

    def run(self) -> int:
        """0 for none."""
        return sum(self.values)


class Join(Node, category="toy"):
    """Texts in one; at least one of them."""

    texts: tuple[str, ...] = Input(least=1)
    separator: str = " "

    def run(self) -> str:
        """The texts with the separator between them."""
        return self.separator.join(self.texts)


class MakeList(Node, category="toy"):
    """The numbers from 0 to below `count`, as one list on one link."""

    count: int = Input(default=3, ge=0, le=1000)

    def run(self) -> list[int]:
        """The list."""
        return list(range(self.count))


class Total(Node, category="toy"):
    """The sum of a list."""

    numbers: list[int]

    def run(self) -> int:
        """0 for an empty list."""
        return sum(self.numbers)


class Identity(Node, Generic[T], category="toy"):
    """Gives on whatever it gets, of the type that it got."""

    value: T

    def run(self) -> T:
        """The value."""
        return self.value


class Same(Node, Generic[T], category="toy"):
    """Whether two values of one type are equal."""

    a: T
    b: T

    def run(self) -> bool:
        """a == b."""
        return bool(self.a == self.b)


class Describe(Node, category="toy"):
    """A text for a number or a text: a union."""

    value: int | float | str
    style: Literal["plain", "loud"] = "plain"

    def run(self) -> str:
        """The value as text, in capitals if loud."""
        return str(self.value).upper() if self.style == "loud" else str(self.value)


class Volatile(Node, category="toy"):
    """A number that is new at every run."""

    volatile = True

    def run(self) -> int:
        """Nanoseconds."""
        return time.perf_counter_ns()


class Fingerprinted(Node, category="toy"):
    """The text of a file at a path; runs again when the file has changed."""

    path: str

    def fingerprint(self) -> str:
        """Size and time of the file."""
        found = Path(self.path).stat()
        return f"{found.st_size}:{found.st_mtime_ns}"

    def run(self) -> str:
        """The text."""
        return Path(self.path).read_text(encoding="utf-8")


class WithSecret(Node, category="toy"):
    """How long a secret is."""

    token: Secret

    def run(self) -> int:
        """The length."""
        return len(self.token.reveal())


class Seeded(Node, category="toy"):
    """A number that follows from a seed."""

    seed: Seed = 0

    def run(self) -> int:
        """The seed, scrambled (one step of a linear congruential generator)."""
        return (self.seed * 6364136223846793005 + 1442695040888963407) % 2**31


class NeedsModel(Node, category="toy"):
    """How many letters the family of a model has; loads nothing."""

    model: Model

    def run(self) -> int:
        """The length."""
        return len(self.model.family)


class Warns(Node, category="toy"):
    """Gives its value on with a warning."""

    value: int = 0
    message: str = "mind the gap"

    def run(self, ctx: Context) -> int:
        """The value."""
        ctx.warn(self.message)
        return self.value


class SaveText(Node, category="toy"):
    """A text as a file for the user."""

    output = True

    text: str
    name: str = "text.txt"

    def run(self) -> Saved:
        """One artifact."""
        return Saved((Artifact(self.name, "text/plain", self.text.encode()),))


class Show(Node, Generic[T], category="toy"):
    """Something that a run is for, of any type."""

    output = True

    value: T

    def run(self) -> T:
        """The value."""
        return self.value


def recording(into: list[str], name: str = "Recorded") -> type[Node]:
    """A node class like `Identity` for whole numbers that appends each value it sees to a list, as text."""

    def run(self: Any) -> int:
        into.append(str(self.value))
        return int(self.value)

    body = {
        "__module__": __name__,
        "__doc__": "Remembers.",
        "__annotations__": {"value": "int"},
        "value": 0,
        "run": run,
    }
    return type(name, (Node,), body)


def names() -> tuple[str, ...]:
    """The names of the toy nodes."""
    return tuple(
        sorted(n for n, c in globals().items() if isinstance(c, type) and issubclass(c, Node) and c is not Node)
    )
