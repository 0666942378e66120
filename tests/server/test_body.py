"""Bodies: every bomb is refused at once, with a place; what is fine comes through as it is."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calotype.server.body import parse
from calotype.server.limits import Limits
from calotype.server.problems import Refused

LIMITS = Limits()


def nodes(count):
    return json.dumps(
        {"workflow": {"calotype": 1, "nodes": {f"n{i}": {"type": "Text"} for i in range(count)}}}
    ).encode()


BOMBS = {
    "not JSON": (b'{"a": }', 400, ""),
    "an empty list of one": (b"[", 400, ""),
    "not UTF-8": (b'"\xff"', 400, ""),
    "NaN": (b'{"inputs": {"steps": NaN}}', 422, "/inputs/steps"),
    "infinity": (b'{"inputs": [-Infinity]}', 422, "/inputs/0"),
    "a float beyond floats": (b'{"a": 1e999}', 422, "/a"),
    "a number of 100,000 digits": (b'{"a": ' + b"9" * 100_000 + b"}", 422, "/a"),
    "a key twice": (b'{"a": {"b": 1, "b": 2}}', 422, "/a/b"),
    "a text of 2 MB": (b'{"a": ["' + b"x" * 2_000_000 + b'"]}', 422, "/a/0"),
    "half a character": (b'{"a": "\\ud800"}', 422, "/a"),
    "100,000 lists in each other": (b"[" * 100_000 + b"]" * 100_000, 422, ""),
    "100,000 objects in each other": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, 422, ""),
    "65 lists in each other": (b"[" * 65 + b"]" * 65, 422, ""),
    "a body beyond the limit": (b'"' + b"x" * LIMITS.body + b'"', 413, ""),
    "three million objects": (b"[" + b"{}," * 3_000_000 + b"{}]", 413, ""),
    "100,000 nodes": (nodes(100_000), 413, ""),
    "30,000 nodes": (nodes(30_000), 413, "/workflow/nodes"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_at_once_with_its_place(name):
    data, status, pointer = BOMBS[name]
    began = time.process_time()
    with pytest.raises(Refused) as caught:
        parse(data, LIMITS)
    assert time.process_time() - began < 5  # 0.1 s on a machine that does nothing else
    said = caught.value.to_dict()
    assert (said["status"], said["pointer"]) == (status, pointer)
    assert said["code"] and len(said["detail"]) < 400


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(VALUES)
def test_what_json_can_say_comes_through(value):
    try:
        said = parse(json.dumps(value).encode(), LIMITS)
    except Refused as refused:  # a key may hold a lone surrogate
        assert refused.code == "encoding"
    else:
        assert said == value


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60) | st.text('{}[]",:0123456789.eE-+aNIntruefalsy \\', max_size=40).map(str.encode))
def test_whatever_the_bytes_are_nothing_but_a_refusal_is_raised(data):
    try:
        parse(data, LIMITS)
    except Refused as refused:
        assert refused.status in (400, 413, 422) and refused.to_dict()["pointer"] is not None
