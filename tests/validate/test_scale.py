"""Validation never raises, and takes time in proportion to the graph."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calotype.errors import WorkflowError
from calotype.registry import Registry
from calotype.testing.toys import registry as toys
from calotype.validate import validate
from calotype.workflow import Document, read


@pytest.fixture(scope="module")
def toy_registry() -> Registry:
    return toys()


def chain(count: int, type: str = "Add") -> Document:
    nodes: dict[str, Any] = {"n0": {"type": type, "inputs": {"a": 1, "b": 1}}}
    for i in range(1, count):
        nodes[f"n{i}"] = {"type": type, "inputs": {"a": {"from": f"n{i - 1}.int"}, "b": 1}}
    return read({"calotype": 1, "nodes": nodes, "outputs": {"end": {"from": f"n{count - 1}.int"}}})


def test_a_chain_of_ten_thousand_nodes_has_no_problem(toy_registry):
    assert validate(chain(10_000), toy_registry).problems == ()


@pytest.mark.slow
def test_fifty_thousand_nodes_cost_as_much_a_node_as_a_thousand(toy_registry):
    def cost(count: int) -> float:
        document = chain(count)
        seconds = []
        for _ in range(2):
            before = time.process_time()
            assert validate(document, toy_registry).ok
            seconds.append(time.process_time() - before)
        return min(seconds) / count

    assert cost(50_000) < 4 * cost(1000)


@pytest.mark.parametrize("type", ["Nobody", "Adder"])
def test_very_many_mistakes_are_all_said_in_time(toy_registry, type):
    before = time.process_time()
    problems = validate(chain(10_000, type), toy_registry).problems
    assert len([p for p in problems if p.code == "unknown-type"]) == 10_000
    assert time.process_time() - before < 10


PLAIN = ("Number", "Add", "Sum", "Same", "MakeImage", "SaveText", "Seeded", "MakeList", "Total")
SPECIAL = ("Choose", "WithSecret", "Traced", "NeedsModel", "who.Knows", "subgraph/s", "subgraph/t", "subgraph/gone")
TYPES = st.sampled_from(PLAIN + SPECIAL)
NAMES = st.sampled_from(["a", "b", "c", "value", "values", "x", "image", "seed", "text", "items", "p", "q"])
ENDS = st.builds(
    lambda n, o: {"from": f"{n}.{o}"},
    st.sampled_from(["n0", "n1", "n2", "n3", "gone"]),
    st.sampled_from(["int", "value", "image", "p", "ints", "gone"]),
)
LITERALS = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**64 - 1) | st.floats(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner | ENDS, max_size=3) | st.dictionaries(st.sampled_from("xy"), inner, max_size=2),
    max_leaves=4,
)
VALUES = LITERALS | ENDS | st.just({"file": "x"}) | st.just({"secret": "X"})
NODES = st.dictionaries(
    st.sampled_from(["n0", "n1", "n2", "n3"]),
    st.fixed_dictionaries(
        {"type": TYPES, "inputs": st.dictionaries(NAMES, VALUES, max_size=3)},
        optional={
            "enabled": st.booleans(),
            "version": st.integers(1, 3),
            "map": st.lists(st.sampled_from(["p", "q"]), min_size=1, max_size=2, unique=True),
            "repeat": st.fixed_dictionaries({"times": st.integers(1, 3)}, optional={"carry": st.just({"p": "p"})}),
        },
    ),
    max_size=4,
)
PORTS = st.dictionaries(
    st.sampled_from(["p", "q"]),
    st.fixed_dictionaries(
        {"to": st.lists(st.sampled_from(["n0.a", "n1.p", "n1.values.1", "n2.value"]), max_size=2)},
        optional={"default": LITERALS},
    ),
    max_size=2,
)
SUBGRAPH = st.fixed_dictionaries(
    {"nodes": NODES, "inputs": PORTS, "outputs": st.dictionaries(st.sampled_from(["p", "q"]), ENDS, max_size=2)}
)
DOCUMENTS = st.fixed_dictionaries(
    {"calotype": st.just(1), "nodes": NODES},
    optional={
        "subgraphs": st.fixed_dictionaries({}, optional={"s": SUBGRAPH, "t": SUBGRAPH}),
        "inputs": st.fixed_dictionaries({}, optional={"i": st.just({"node": "n0", "input": "a"})}),
        "outputs": st.dictionaries(st.just("o"), ENDS),
        "requires": st.dictionaries(st.just("who"), st.text(max_size=3)),
    },
)


@given(DOCUMENTS, st.none() | st.just(["n0"]))
def test_whatever_reads_is_validated_without_an_exception(toy_registry, said, targets):
    try:
        document = read(said)
    except WorkflowError:
        return
    checked = validate(document, toy_registry, targets=targets)
    assert all(str(p) for p in checked.problems)
    assert all(p.to_dict()["text"] for p in checked.problems)
    if checked.ok:
        assert checked.graph is not None
        checked.graph.order()
