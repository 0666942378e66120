"""Numbers that went through a program of doubles."""

import json

from hypothesis import given
from hypothesis import strategies as st

from calotype.workflow.numbers import precise

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


def as_doubles(value):
    """As JavaScript reads and writes it."""
    if isinstance(value, dict):
        return {k: as_doubles(v) for k, v in value.items()}
    if isinstance(value, list):
        return [as_doubles(v) for v in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        double = float(value)
        return int(double) if double.is_integer() and abs(double) < 1e21 else double
    return value


@given(JSON)
def test_what_nobody_changed_is_as_it_was_to_the_last_digit(value):
    assert json.dumps(precise(as_doubles(value), value)) == json.dumps(value)


def test_what_was_changed_stays_changed():
    before = {"a": 2.0, "b": [1, 2], "c": 2**53 + 1, "gone": 1, "yes": 1}
    said = {"a": 3, "b": [1, 2, 3], "c": 2**53 + 4, "new": 5, "yes": True}
    assert precise(said, before) == said
    assert precise(said, before)["yes"] is True


def test_numbers_beyond_every_double_are_left_alone():
    assert precise({"a": 10**400}, {"a": 1}) == {"a": 10**400}
