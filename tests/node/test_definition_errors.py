"""Every wrong declaration is said with file, line, class and field."""

import re
from typing import Callable, Literal  # noqa: UP035

import pytest

from calotype.errors import DefinitionError
from calotype.node import Input, Node, spec_of
from calotype.types import FileRef


def made(annotations=None, result=int, **body) -> type[Node]:
    def run(self): ...

    if result is not ...:
        run.__annotations__["return"] = result
    return type("Wrong", (Node,), {"__annotations__": annotations or {}, "run": run, "__module__": __name__} | body)


WRONG = {
    "no return annotation": (lambda: made(result=...), "run() has no return annotation; it names the outputs"),
    "a lane that is none": (lambda: made(lane="gpu"), "lane is 'gpu'; it is one of compute, io"),
    "a version that is no number": (lambda: made(version="2"), "version is '2'; it is a whole number from 1"),
    "version zero": (lambda: made(version=0), "version is 0; it is a whole number from 1"),
    "aliases as a text": (lambda: made(aliases="Old"), "aliases is the string 'Old'; it is a tuple of names"),
    "an unknown name": (lambda: made({"x": "Nothing"}), "has an annotation that cannot be read: name 'Nothing'"),
    "an unknown name in the result": (lambda: made(result="Nothing"), "has an annotation that cannot be read"),
}
WRONG_FIELDS = {
    "a default of another type": ({"x": int}, {"x": "a"}, "has a default that it does not accept: 'a' is not an int"),
    "a bool for a number": ({"x": int}, {"x": True}, "has a default that it does not accept: True is not an int"),
    "a default below its range": (
        {"x": int},
        {"x": Input(default=0, ge=1)},
        "has a default that it does not accept: 0 is below 1",
    ),
    "a default that is no number": (
        {"x": float},
        {"x": float("nan")},
        "has a default that it does not accept: nan is not a finite number",
    ),
    "a default that is no choice": (
        {"x": Literal["a", "b"]},
        {"x": "c"},
        "has a default that it does not accept: 'c' is not one of a, b",
    ),
    "a file without a folder": ({"x": FileRef}, {}, 'is a file without a folder: give Input(folder="checkpoints")'),
    "lazy without wants": ({"x": int}, {"x": Input(default=0, lazy=True)}, "has a lazy input but no wants()"),
    "a tuple of fixed length": ({"x": tuple[int, int]}, {}, "a variadic input is tuple[T, ...]"),
    "a type that no socket has": ({"x": Callable[[], int]}, {}, "which no socket can have"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_class_is_said_with_its_place(kind):
    make, said = WRONG[kind]
    with pytest.raises(DefinitionError, match=re.escape(said)) as caught:
        spec_of(make())
    assert str(caught.value).startswith(f"{__file__}: node class Wrong ")


@pytest.mark.parametrize("kind", WRONG_FIELDS)
def test_a_wrong_field_is_said_with_its_place(kind):
    annotations, body, said = WRONG_FIELDS[kind]
    with pytest.raises(DefinitionError, match=re.escape(said)) as caught:
        spec_of(made(annotations, **body))
    assert str(caught.value).startswith(f'{__file__}: node class Wrong, field "x": ')


def test_the_line_of_the_class_is_named():
    class Misnamed(Node):
        Upper: int = 0

        def run(self) -> int: ...

    with pytest.raises(DefinitionError, match=r':\d+: node class Misnamed, field "Upper": is not a name in lower_case'):
        spec_of(Misnamed)


def test_a_node_without_run():
    class Lazy(Node):
        x: int = 0

    with pytest.raises(DefinitionError, match=r"node class Lazy has no run\(\)"):
        spec_of(Lazy)
