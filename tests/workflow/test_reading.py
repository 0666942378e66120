"""Reading: strict, and every problem at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calotype.errors import Problem, WorkflowError
from calotype.workflow import Document, read, write


def problems(data: Any) -> list[Problem]:
    with pytest.raises(WorkflowError) as error:
        read(data)
    return list(error.value.problems)


def problem(data: Any) -> Problem:
    (one,) = problems(data)
    return one


def flow(**nodes: Any) -> dict[str, Any]:
    return {"calotype": 1, "nodes": nodes}


def test_a_document_reads_with_everything_that_is_unknown_in_it():
    said = flow(a={"type": "nobody.Knows", "inputs": {"x": {"deep": [1, None]}}, "colour": "red"}) | {"mood": {"a": 1}}
    document = read(said)
    assert document.to_dict() == said
    assert read(write(document)) == document


def test_malformed_json_is_said_with_line_and_column():
    one = problem('{\n  "calotype": 1,\n  "nodes": {,}\n}')
    assert (one.code, one.value) == ("malformed", {"line": 3, "column": 13})
    assert str(one).startswith("line 3, column 13: ")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("", "malformed"),
        ("[" * 100_000, "too-deep"),
        ('{"calotype": 1' + "0" * 5000 + "}", "malformed"),
        (b"\xff\xfe{}", "encoding"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        ("[]", "not-a-workflow"),
        ("null", "not-a-workflow"),
        ("{}", "format-version"),
        ('{"calotype": "1"}', "format-version"),
        ('{"calotype": true}', "format-version"),
        ('{"calotype": 0}', "format-version"),
        ('{"calotype": 2, "nodes": {}}', "format-version"),
    ],
)
def test_what_is_no_workflow_is_refused_with_one_problem(data, code):
    assert problem(data).code == code


def test_a_byte_order_mark_is_read_past():
    assert read('\ufeff{"calotype": 1, "nodes": {}}'.encode()).nodes == {}


def test_a_newer_file_says_to_update():
    assert str(problem({"calotype": 7, "nodes": {}})) == (
        "/calotype: a newer Calotype wrote this file, in format 7. Update Calotype to read it."
    )


@pytest.mark.parametrize(
    "said",
    [
        {"3": {"class_type": "KSampler", "inputs": {}}},
        {"prompt": {"3": {"class_type": "KSampler", "inputs": {}}}},
        {"last_node_id": 9, "nodes": [{"id": 1, "type": "KSampler"}], "links": []},
    ],
)
def test_a_comfyui_file_is_recognised_and_says_who_reads_it(said):
    one = problem(json.dumps(said))
    assert (one.code, one.hint) == ("comfyui-file", "`calotype import FILE` turns it into one of Calotype.")


def test_duplicate_keys_are_found_wherever_they_are():
    text = '{"calotype": 1, "nodes": {"a": {"type": "A"}, "a": {"type": "B", "inputs": {"x": 1, "x": 2}}}}'
    assert [(p.code, p.pointer) for p in problems(text)] == [
        ("duplicate-key", "/nodes/a"),
        ("duplicate-key", "/nodes/a/inputs/x"),
    ]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_not_finite_are_refused(number):
    one = problem('{"calotype": 1, "nodes": {"a": {"type": "A", "inputs": {"x": NUMBER}}}}'.replace("NUMBER", number))
    assert (one.code, one.node, one.input, one.pointer) == ("not-finite", "a", "x", "/nodes/a/inputs/x")


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (2**64, "range"),
        ("\ud800", "half-character"),
        ({"a": "\udfff"}, "half-character"),
        ({"a": {"\ud800": 1}}, "half-character"),
        ((1, 2), "not-json"),
        ({1: 2}, "not-json"),
        ({"from": "a"}, "bad-link"),
        ({"from": "a.b.c"}, "bad-link"),
        ({"from": 3}, "bad-link"),
        ({"from": "a.b", "index": 1}, "bad-link"),
        ({"file": ""}, "bad-file"),
        ({"file": "x", "hash": 3}, "bad-file"),
        ({"secret": None}, "bad-secret"),
        ([{"from": ".b"}], "bad-link"),
    ],
)
def test_a_value_that_cannot_stand_at_an_input_is_said_with_its_place(value, code):
    one = problem(flow(a={"type": "A", "inputs": {"x": value}}))
    assert (one.code, one.node, one.type, one.input) == (code, "a", "A", "x")


@pytest.mark.parametrize(
    "value",
    [None, True, 0, -1.5, "", "ü", [], {}, [1, [2]], {"value": {"from": "a"}}, {"file": "m.st", "size": 3}, 2**64 - 1],
)
def test_literals_of_all_kinds_stand_at_inputs(value):
    assert read(flow(a={"type": "A", "inputs": {"x": value}})).nodes["a"]["inputs"]["x"] == value


def test_every_problem_is_said_at_once_with_its_pointer():
    found = problems(
        {
            "calotype": 1,
            "name": 3,
            "requires": {"film-grain": 1},
            "inputs": {"prompt": {"nod": "a", "input": "text"}},
            "nodes": {
                "a/b": {"type": "A"},
                "b": {"typ": "A"},
                "c": {"type": "A", "version": 0, "enabled": "no", "inputs": {"x": {"from": "nowhere"}}},
                "d": [],
            },
            "subgraphs": {"s": {"nodes": {"e": {}}, "inputs": {"p": {"to": ["e"]}}}, "t": 3},
            "layout": {"a": 3},
        }
    )
    assert {(p.code, p.pointer) for p in found} == {
        ("type", "/name"),
        ("type", "/requires/film-grain"),
        ("missing", "/inputs/prompt/node"),
        ("node-id", "/nodes/a~1b"),
        ("missing", "/nodes/b"),
        ("range", "/nodes/c/version"),
        ("type", "/nodes/c/enabled"),
        ("bad-link", "/nodes/c/inputs/x"),
        ("type", "/nodes/d"),
        ("missing", "/subgraphs/s/nodes/e"),
        ("bad-port", "/subgraphs/s/inputs/p/to"),
        ("type", "/subgraphs/t"),
        ("type", "/layout/a"),
    }


def test_near_keys_are_suggested():
    assert problem({"calotype": 1, "node": {}}).hint == 'Is "node" meant?'
    assert problem(flow(a={"typ": "A"})).hint == 'Is "typ" meant?'


@pytest.mark.parametrize("repeat", [{}, {"times": 0}, {"times": 1001}, {"times": True}, {"times": 2, "carry": ["a"]}])
def test_a_repeat_is_bounded(repeat):
    assert problem(flow(a={"type": "subgraph/s", "repeat": repeat})).code == "range"


def test_nesting_has_a_limit():
    deep: Any = 1
    for _ in range(70):
        deep = [deep]
    assert problem(flow(a={"type": "A", "inputs": {"x": deep}})).code == "too-deep"


def test_a_long_list_of_problems_is_told_in_short_and_kept_whole():
    with pytest.raises(WorkflowError) as error:
        read(flow(**{f"n{i}": {"type": 3} for i in range(500)}))
    assert len(error.value.problems) == 500
    assert error.value.message.endswith("and 460 more")


def test_what_was_read_from_an_object_is_a_copy():
    said = flow(a={"type": "A", "inputs": {"x": [1]}})
    document = read(said)
    said["nodes"]["a"]["inputs"]["x"].append(2)
    assert document.nodes["a"]["inputs"]["x"] == [1]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
keys = st.sampled_from(
    ["type", "inputs", "version", "enabled", "map", "repeat", "from", "to", "nodes", "times", "carry"]
)
odd = st.recursive(
    json_values | st.sampled_from(["a.b", "subgraph/s", "A", 1]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys | st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
tops = st.dictionaries(st.sampled_from([*Document.__dataclass_fields__, "prompt", "x"]), odd, max_size=6)


@given(tops, st.booleans())
def test_any_json_reads_or_is_refused_and_nothing_else(said, versioned):
    if versioned:
        said["calotype"] = 1
    for data in (said, json.dumps(said)):
        try:
            document = read(data)
        except WorkflowError as error:
            assert error.problems
            assert all(str(p) for p in error.problems)
        else:
            assert read(write(document)) == document


@given(st.binary(max_size=60) | st.text(max_size=60))
def test_any_bytes_are_refused_in_order(data):
    with pytest.raises(WorkflowError):
        read(data)
