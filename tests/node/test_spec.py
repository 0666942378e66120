"""Specs: JSON there and back, and what they say of a literal."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calotype.node import REQUIRED, InputSpec, NodeSpec, OutputSpec
from calotype.node.spec import complain
from calotype.sockets import ANY, BOOL, FLOAT, INT, NONE, STR, Choice, ListOf, Named, Socket, Union, Var
from calotype.testing import registry

literals = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
values = st.recursive(literals, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5)
plain = st.sampled_from([INT, FLOAT, STR, BOOL, NONE, ANY, Named("Image"), Named("Json"), Named("film_grain.Look")])
sockets: st.SearchStrategy[Socket] = st.recursive(
    plain | st.lists(st.text(), min_size=1).map(lambda v: Choice(tuple(v))) | st.builds(Var, st.just("T")),
    lambda inner: inner.map(ListOf) | st.lists(inner, min_size=2, max_size=3).map(lambda m: Union(tuple(m))),
    max_leaves=4,
)
ids = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def inputs(draw):
    variadic = draw(st.booleans())
    default = draw(st.just(REQUIRED) | (st.lists(values).map(tuple) if variadic else values))
    when = draw(st.none() | st.tuples(ids, literals))
    return InputSpec(
        name=draw(ids),
        socket=draw(sockets),
        default=default,
        doc=draw(st.text()),
        ge=draw(numbers),
        le=draw(numbers),
        step=draw(numbers),
        multiline=draw(st.booleans()),
        folder=draw(st.none() | ids),
        role=draw(st.none() | ids),
        lazy=draw(st.booleans()),
        variadic=variadic,
        least=draw(st.integers(0, 3)),
        when=when,
    )


@st.composite
def specs(draw):
    given_inputs = draw(st.lists(inputs(), max_size=3))
    outputs = draw(st.lists(st.builds(OutputSpec, name=ids, socket=sockets, doc=st.text()), max_size=2))
    flags = ("volatile", "output", "fingerprinted", "chooses", "migrates", "takes_context", "same_family")
    return NodeSpec(
        id=draw(ids),
        inputs={i.name: i for i in given_inputs},
        outputs={o.name: o for o in outputs},
        category=draw(st.text()),
        doc=draw(st.text()),
        version=draw(st.integers(1, 99)),
        aliases=tuple(draw(st.lists(ids, max_size=2))),
        lane=draw(st.sampled_from(["compute", "io"])),
        deprecated=draw(st.text()),
        source=draw(st.text()),
        **{flag: draw(st.booleans()) for flag in flags},
    )


@given(specs())
def test_specs_survive_json(spec):
    assert NodeSpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec


def test_specs_of_the_toy_nodes_survive_json():
    for spec in registry():
        assert NodeSpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec


@pytest.mark.parametrize(
    ("value", "socket", "complaint"),
    [
        (1, INT, None),
        (1, FLOAT, None),
        (10**300, FLOAT, None),
        (10**400, FLOAT, ("type", f"{str(10**400)[:59]}… is not a float", "float")),
        (True, INT, ("type", "True is not an int", "int")),
        (True, FLOAT, ("type", "True is not a float", "float")),
        (1.0, INT, ("type", "1.0 is not an int", "int")),
        ("1", INT, ("type", "'1' is not an int", "int")),
        (None, Union((INT, NONE)), None),
        (None, INT, ("type", "None is not an int", "int")),
        ("a", Choice(("a", "b")), None),
        ("c", Choice(("a", "b")), ("choice", "'c' is not one of a, b", "one of a, b")),
        (True, Choice((1, 2)), ("choice", "True is not one of 1, 2", "one of 1, 2")),
        ([1, 2], ListOf(INT), None),
        ([1, "x"], ListOf(INT), ("type", "'x' is not an int", "int")),
        (1, ListOf(INT), ("type", "1 is not a list", "list[int]")),
        ("x", Union((INT, FLOAT)), ("type", "'x' is not an int | float", "int | float")),
        ({"a": [1, None]}, Named("Json"), None),
        ("x", Var("N", FLOAT), ("type", "'x' is not a float", "float")),
        ("x", Var("T"), None),
        ("x", Named("Image"), ("type", "'x' is not an Image", "Image")),
    ],
)
def test_complaints_about_literals(value, socket, complaint):
    assert complain(value, socket) == complaint


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        (1, None),
        (10, None),
        (0, ("range", "0 is below 1", "1 to 10")),
        (10.5, ("range", "10.5 is above 10", "1 to 10")),
        (math.nan, ("not-finite", "nan is not a finite number", "1 to 10")),
        (math.inf, ("not-finite", "inf is not a finite number", "1 to 10")),
        (10**100, ("range", f"{str(10**100)[:59]}… is above 10", "1 to 10")),
    ],
)
def test_complaints_about_ranges(value, complaint):
    assert InputSpec(name="x", socket=FLOAT, ge=1, le=10).complaint(value) == complaint


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        (72, None),
        (70, ("range", "70 is not a multiple of 8; 72 is the nearest", "a multiple of 8")),
        (19, ("range", "19 is not a multiple of 8; 24 is the nearest", "a multiple of 8")),
        (99, ("range", "99 is not a multiple of 8; 96 is the nearest", "a multiple of 8")),
        (8, ("range", "8 is below 17", "17 to 100")),
    ],
)
def test_a_number_that_has_to_be_a_multiple_names_the_nearest_in_range(value, complaint):
    assert InputSpec(name="x", socket=INT, ge=17, le=100, multiple_of=8).complaint(value) == complaint


@given(values, sockets)
def test_a_complaint_never_raises_and_is_one_short_line(value, socket):
    said = complain(value, socket)
    assert said is None or "\n" not in said[1].replace(str(socket), "")


def test_a_long_value_is_cut_in_a_complaint():
    said = complain("x" * 1000, INT)
    assert said is not None and len(said[1]) < 100
