"""From a class to its spec: what each kind of annotation becomes."""

from pathlib import Path
from typing import Any, Generic, Literal, NamedTuple, TypeVar

import pytest

from calotype.node import REQUIRED, Context, Input, InputSpec, Node, NodeSpec, OutputSpec, spec_of
from calotype.sockets import ANY, FLOAT, INT, NONE, STR, Choice, ListOf, Named, Union, Var
from calotype.types import MAX_SEED, FileRef, Image, Latent, Mask, Model, Secret, Seed

T = TypeVar("T")
Number = TypeVar("Number", bound=float)


def inputs_of(cls: type[Node]) -> dict[str, InputSpec]:
    return dict(spec_of(cls).inputs)


def test_a_whole_node():
    class Two(NamedTuple):
        image: Image
        count: int

    class Everything(Node, category="toy/all"):
        """One line.

        More.
        """

        version = 3
        aliases = ("Old", "other.Older")
        output = True
        lane = "io"

        image: Image
        amount: float = Input(default=0.5, ge=0, le=1, step=0.1, doc="How much.")

        def run(self, ctx: Context) -> Two: ...

    spec = spec_of(Everything, "my_plugin")
    assert spec == NodeSpec(
        id="my_plugin.Everything",
        inputs={
            "image": InputSpec(name="image", socket=Named("Image")),
            "amount": InputSpec(name="amount", socket=FLOAT, default=0.5, doc="How much.", ge=0, le=1, step=0.1),
        },
        outputs={
            "image": OutputSpec(name="image", socket=Named("Image")),
            "count": OutputSpec(name="count", socket=INT),
        },
        category="toy/all",
        doc="One line.\n\nMore.",
        version=3,
        aliases=("my_plugin.Old", "other.Older"),
        output=True,
        takes_context=True,
        lane="io",
        source=spec.source,
    )
    assert spec.source.startswith(f"{__file__}:")


def test_the_place_is_the_line_of_the_class():
    class Placed(Node):
        def run(self) -> int: ...

    file, _, line = spec_of(Placed).source.rpartition(":")
    assert "class Placed(Node)" in Path(file).read_text().splitlines()[int(line) - 1]


@pytest.mark.parametrize(
    ("hint", "socket"),
    [
        (int, INT),
        (Image, Named("Image")),
        (Image | Mask, Union((Named("Image"), Named("Mask")))),
        (Image | None, Union((Named("Image"), NONE))),
        (list[int], ListOf(INT)),
        (list[list[Image]], ListOf(ListOf(Named("Image")))),
        (list[Image | Mask], ListOf(Union((Named("Image"), Named("Mask"))))),
        (Literal["a", "b"], Choice(("a", "b"))),
        (Literal[1, 2], Choice((1, 2))),
        (T, Var("T")),
        (Number, Var("Number", FLOAT)),
        (list[T], ListOf(Var("T"))),
        (Any, ANY),
        (None, NONE),
        (dict, Named("Json")),
        (dict[str, Any], Named("Json")),
    ],
)
def test_annotations_become_sockets(hint, socket):
    body = {"__annotations__": {"value": hint}, "__module__": __name__, "run": lambda self: None}
    body["run"].__annotations__ = {"return": int}
    assert spec_of(type("Made", (Node,), body)).inputs["value"].socket == socket


def test_types_of_plugins_carry_the_name_of_their_package():
    class Grade:
        pass

    Grade.__module__ = "film_grain.grading"

    class Graded(Node):
        grade: Grade

        def run(self) -> Grade: ...

    Graded.__annotations__["grade"] = Grade
    Graded.run.__annotations__["return"] = Grade
    spec = spec_of(Graded)
    assert spec.inputs["grade"].socket == Named("film_grain.Grade")
    assert list(spec.outputs) == ["grade"]
    Grade.__module__ = "calotype_plugins.film_grain.grading"
    assert spec_of(Graded).inputs["grade"].socket == Named("film_grain.Grade")


def test_an_input_without_a_default_is_required():
    class Wants(Node):
        a: int
        b: int = 0
        c: Image | None = None

        def run(self) -> int: ...

    found = inputs_of(Wants)
    assert [(i.name, i.required, i.default) for i in found.values()] == [
        ("a", True, REQUIRED),
        ("b", False, 0),
        ("c", False, None),
    ]


def test_a_variadic_input_is_an_open_tuple():
    class Sheet(Node):
        images: tuple[Image, ...] = Input(least=1)
        labels: tuple[str | int, ...]

        def run(self) -> Image: ...

    assert inputs_of(Sheet) == {
        "images": InputSpec(name="images", socket=Named("Image"), variadic=True, least=1),
        "labels": InputSpec(name="labels", socket=Union((STR, INT)), variadic=True, default=()),
    }


def test_a_seed_has_its_role_and_range():
    class Drawn(Node):
        seed: Seed = 0

        def run(self) -> int: ...

    assert inputs_of(Drawn) == {"seed": InputSpec(name="seed", socket=INT, default=0, role="seed", ge=0, le=MAX_SEED)}


def test_a_secret_is_known_as_one_and_may_be_named_in_a_document():
    class Fetches(Node):
        token: Secret

        def run(self) -> int: ...

    found = inputs_of(Fetches)["token"]
    assert (found.secret, found.literal, found.socket) == (True, True, Named("Secret"))


def test_a_file_says_its_folder():
    class Opens(Node):
        file: FileRef = Input(folder="input")

        def run(self) -> Image: ...

    assert inputs_of(Opens)["file"].folder == "input"


def test_what_a_document_may_give_is_known_from_the_type():
    class Mixed(Node):
        model: Model
        mask: Mask | None = None
        either: Latent | int
        words: list[str]
        thing: T

        def run(self) -> int: ...

    assert {n: i.literal for n, i in inputs_of(Mixed).items()} == {
        "model": False,
        "mask": False,
        "either": True,
        "words": True,
        "thing": True,
    }


@pytest.mark.parametrize(
    ("result", "name"),
    [
        (Image, "image"),
        (Model, "model"),
        (int, "int"),
        (list[Image], "images"),
        (Literal["a"], "choice"),
        (Image | Mask, "value"),
        (T, "value"),
        (Any, "any"),
    ],
)
def test_a_single_output_is_named_after_its_type(result, name):
    def run(self): ...

    run.__annotations__["return"] = result
    assert list(spec_of(type("Made", (Node,), {"run": run, "__module__": __name__})).outputs) == [name]


def test_a_node_that_returns_nothing_has_no_outputs():
    class Quiet(Node):
        def run(self) -> None: ...

    assert spec_of(Quiet).outputs == {}


def test_what_a_node_defines_is_known_without_its_code():
    class Defines(Node, Generic[T]):
        volatile = True
        deprecated = "use Other"
        same_family = False

        one: T | None = Input(default=None, lazy=True)

        def wants(self):
            return ("one",)

        def fingerprint(self) -> str:
            return ""

        @classmethod
        def migrate(cls, inputs, from_version):
            return {}

        def run(self) -> T: ...

    class Plain(Node):
        def run(self) -> int: ...

    flags = ("volatile", "fingerprinted", "chooses", "migrates", "takes_context", "deprecated", "same_family")
    assert [getattr(spec_of(Defines), f) for f in flags] == [True, True, True, True, False, "use Other", False]
    assert [getattr(spec_of(Plain), f) for f in flags] == [False, False, False, False, False, "", True]


def test_inputs_are_inherited_and_may_be_narrowed():
    class Base(Node, category="base"):
        a: int = 1
        b: int = 2

        def run(self) -> int: ...

    class Derived(Base):
        b: int = Input(default=3, le=5)
        c: int = 4

    assert {n: (i.default, i.le) for n, i in inputs_of(Derived).items()} == {
        "a": (1, None),
        "b": (3, 5),
        "c": (4, None),
    }
    assert spec_of(Derived).category == "base"


def test_a_node_is_made_and_run_like_any_other_object():
    class Half(Node):
        value: float = 1.0

        def run(self) -> float:
            return self.value / 2

    assert Half(value=3.0).run() == 1.5
    with pytest.raises(AttributeError, match="cannot assign"):
        Half().value = 2.0
    with pytest.raises(TypeError, match="valve"):
        Half(valve=1)


def test_a_node_without_a_docstring_has_none():
    class Bare(Node):
        value: int = 0

        def run(self) -> int: ...

    assert spec_of(Bare).doc == ""
