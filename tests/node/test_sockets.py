"""What fits into what: a table, and laws by hypothesis."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calotype.sockets import (
    ANY,
    BOOL,
    FLOAT,
    INT,
    NONE,
    STR,
    Choice,
    ListOf,
    Named,
    Union,
    Var,
    colour,
    convert,
    fit,
    from_json,
    names,
    optional,
    substitute,
    to_json,
)

IMAGE, MASK, MODEL = Named("Image"), Named("Mask"), Named("Model")
T = Var("T")

plain = st.sampled_from([INT, FLOAT, STR, BOOL, NONE, ANY, IMAGE, MASK, Named("film_grain.Look")])
choices = st.lists(st.text(min_size=1) | st.integers() | st.booleans(), min_size=1, max_size=4)
closed = st.recursive(
    plain | choices.map(lambda v: Choice(tuple(v))),
    lambda inner: inner.map(ListOf) | st.lists(inner, min_size=2, max_size=3).map(lambda m: Union(tuple(m))),
    max_leaves=6,
)
sockets = st.recursive(
    closed | st.builds(Var, st.sampled_from("TU"), st.none() | plain),
    lambda inner: inner.map(ListOf) | st.lists(inner, min_size=2, max_size=3).map(lambda m: Union(tuple(m))),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("source", "target", "fits"),
    [
        (IMAGE, IMAGE, True),
        (IMAGE, MASK, False),
        (INT, FLOAT, True),
        (FLOAT, INT, False),
        (BOOL, INT, False),
        (IMAGE, ANY, True),
        (ANY, IMAGE, True),
        (IMAGE, Union((IMAGE, MASK)), True),
        (MODEL, Union((IMAGE, MASK)), False),
        (Union((IMAGE, MASK)), Union((MASK, IMAGE, NONE)), True),
        (Union((IMAGE, NONE)), IMAGE, False),
        (INT, Union((FLOAT, STR)), True),
        (ListOf(INT), ListOf(FLOAT), True),
        (ListOf(IMAGE), ListOf(MASK), False),
        (IMAGE, ListOf(IMAGE), False),
        (ListOf(IMAGE), IMAGE, False),
        (Choice(("a",)), Choice(("a", "b")), True),
        (Choice(("a", "c")), Choice(("a", "b")), False),
        (Choice(("a",)), STR, True),
        (Choice((1,)), STR, False),
        (STR, Choice(("a",)), True),
        (INT, Choice(("a",)), False),
    ],
)
def test_what_fits_into_what(source, target, fits):
    assert (fit(source, target, {}) is not None) is fits


def test_a_variable_is_bound_once_for_the_whole_node():
    bound = fit(IMAGE, T, {})
    assert bound == {"T": IMAGE}
    assert fit(IMAGE, T, bound) == bound
    assert fit(MASK, T, bound) is None
    assert fit(ListOf(IMAGE), ListOf(T), bound) == bound


def test_a_bounded_variable_takes_only_what_its_bound_takes():
    number = Var("N", FLOAT)
    assert fit(INT, number, {}) == {"N": INT}
    assert fit(STR, number, {}) is None


def test_variables_inside_lists_are_bound_and_replaced():
    bound = fit(ListOf(ListOf(IMAGE)), ListOf(T), {})
    assert bound == {"T": ListOf(IMAGE)}
    assert substitute(Union((T, NONE)), bound) == Union((ListOf(IMAGE), NONE))
    assert substitute(Var("U", FLOAT), bound) == FLOAT
    assert substitute(Var("U"), bound) == ANY


def test_a_failed_fit_leaves_the_bindings_alone():
    bound = {"T": IMAGE}
    assert fit(MASK, Union((T, STR)), bound) is None
    assert bound == {"T": IMAGE}


@given(closed)
def test_everything_fits_into_itself_into_any_and_into_a_union_with_it(socket):
    assert fit(socket, socket, {}) is not None
    assert fit(socket, ANY, {}) is not None
    assert fit(socket, Union((MODEL, socket)), {}) is not None


@given(sockets, sockets)
def test_fit_never_raises_and_never_forgets(source, target):
    bound = {"T": IMAGE}
    after = fit(substitute(source, bound), target, bound)
    assert after is None or after["T"] == IMAGE


@given(sockets)
def test_sockets_survive_json(socket):
    assert from_json(to_json(socket)) == socket


@given(sockets)
def test_a_substituted_socket_has_no_variables_left(socket):
    def variables(one) -> bool:
        inner = one.members if isinstance(one, Union) else (one.item,) if isinstance(one, ListOf) else ()
        return isinstance(one, Var) or any(map(variables, inner))

    assert not variables(substitute(socket, {"T": IMAGE}))


def test_foreign_json_is_said():
    with pytest.raises(ValueError, match="not a socket type: 3"):
        from_json(3)


@pytest.mark.parametrize(
    ("socket", "text"),
    [
        (Union((IMAGE, NONE)), "Image | None"),
        (ListOf(Union((INT, STR))), "list[int | str]"),
        (Choice(("a", 1)), "one of a, 1"),
        (Var("T", FLOAT), "T"),
    ],
)
def test_sockets_read_as_python_does(socket, text):
    assert str(socket) == text


def test_an_int_becomes_a_float_where_a_float_is_meant():
    assert type(convert(3, FLOAT)) is float
    assert type(convert(3, INT)) is int
    assert convert(True, FLOAT) is True
    assert type(convert(3, Union((INT, FLOAT)))) is int


def test_names_and_optional():
    socket = Union((ListOf(IMAGE), Choice(("a", 1)), NONE))
    assert names(socket) == {"Image", "str", "int", "None"}
    assert (optional(socket), optional(IMAGE), optional(ANY)) == (True, False, True)


def test_a_type_has_one_colour_everywhere():
    assert colour("Image") == colour("Image") != colour("Mask")
    assert len(colour("Image")) == 7 and int(colour("Image")[1:], 16) >= 0


def test_a_choice_is_said_on_one_line_whatever_its_words_are():
    assert str(Choice(("plain", "two\nlines", 3))) == "one of plain, 'two\\nlines', 3"
