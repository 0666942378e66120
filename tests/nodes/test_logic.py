import pytest

from calotype.node import spec_of
from calotype_nodes.expression import evaluate
from calotype_nodes.logic import Boolean, Choose, Compare, Expression, Float, Integer, Logic, Seed, Switch, Text


@pytest.mark.parametrize(("condition", "side"), [(True, "on_true"), (False, "on_false")])
def test_a_switch_wants_only_the_side_that_it_passes_on(condition, side):
    node = Switch(condition=condition, on_true="on_true", on_false="on_false")
    assert tuple(node.wants()) == (side,)
    assert node.run() == side


def test_a_switch_gives_what_goes_in():
    spec = spec_of(Switch)
    assert str(spec.inputs["on_true"].socket) == str(spec.outputs["value"].socket) == "T"
    assert [i.name for i in spec.inputs.values() if i.lazy] == ["on_true", "on_false"]


def test_single_values_are_given_as_they_are():
    got = [n.run() for n in (Integer(value=3), Float(value=0.5), Text(value="a"), Boolean(value=True), Seed(value=7))]
    assert got == [(3,), (0.5,), ("a",), (True,), (7,)]


@pytest.mark.parametrize(
    ("relation", "answers"),
    [("=", "010"), ("≠", "101"), ("<", "100"), ("≤", "110"), (">", "001"), ("≥", "011")],
)
def test_numbers_compare(relation, answers):
    got = [Compare(a=a, b=1, relation=relation).run().answer for a in (0, 1, 2)]
    assert got == [c == "1" for c in answers]


def test_an_expression_computes_with_its_inputs():
    assert Expression(expression="a * b + 1", a=2.0, b=3.5).run() == (8.0, 8)
    assert Expression(expression="min(a, b) if c > 0 else -d ** 2", a=2, b=3, c=0, d=4).run() == (-16.0, -16)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7 // 2 + 7 % 4", 6),
        ("2 ** 10", 1024),
        ("sqrt(16) + abs(-1)", 5.0),
        ("1 < 2 and not 3 > 4", True),
        ("2 * pi / pi", 2.0),
    ],
)
def test_arithmetic(text, value):
    assert evaluate(text, {}) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("__import__('os')", "is not allowed in an expression"),
        ("a.b", "'a.b' is not allowed"),
        ("(1).real", "is not allowed"),
        ("[1]", "is not allowed"),
        ("'a' * 3", "is not allowed"),
        ("x + 1", "'x' is not allowed in an expression; names are a, abs,"),
        ("1 +", "is not an expression"),
        ("", "is not an expression"),
        ("1 / 0", "cannot be computed"),
        ("10.0 ** 999", "cannot be computed"),
        ("9 ** 9 ** 9", "cannot be computed"),
        ("(-1) ** 0.5", "not a finite number"),
        ("1e999", "not a finite number"),
        ("sqrt(-1)", "cannot be computed"),
        ("1" * 501, "has 501 characters"),
    ],
)
def test_anything_else_is_refused_with_the_reason(text, message):
    with pytest.raises(ValueError, match=message):
        evaluate(text, {"a": 1})


def test_of_several_values_only_the_chosen_one_is_wanted():
    node = Choose(number=3, first="a", second="b", third="c")
    assert tuple(node.wants()) == ("third",)
    assert node.run() == "c"


def test_a_value_that_is_not_given_is_said():
    with pytest.raises(ValueError, match="there is no value number 4: give one to fourth"):
        Choose(number=4, first="a", second="b").run()


@pytest.mark.parametrize(("operation", "answers"), [("and", "0001"), ("or", "0111"), ("xor", "0110"), ("not", "1100")])
def test_answers_combine(operation, answers):
    pairs = [(False, False), (False, True), (True, False), (True, True)]
    assert [Logic(a=a, b=b, operation=operation).run().answer for a, b in pairs] == [c == "1" for c in answers]
