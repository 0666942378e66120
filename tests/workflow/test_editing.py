"""Changing documents: inputs, interface, seeds, migrations, and what differs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from calotype.errors import WorkflowError
from calotype.node import REQUIRED, Input, Node
from calotype.registry import Registry
from calotype.types import Seed
from calotype.workflow import Document, interface, migrate_nodes, read, resolve_seeds, set_input
from calotype.workflow.compare import diff


class Noise(Node):
    """Makes noise."""

    aliases = ("Static",)

    seed: Seed = 0
    amount: float = Input(default=0.5, ge=0, doc="How much.")
    text: str = ""

    def run(self) -> int:
        return self.seed


class Grown(Node):
    """Had "amount" in percent up to version 1, "name" up to version 2, "gone" up to version 2."""

    version = 3

    strength: float = 1.0
    title: str = ""

    def run(self) -> int:
        return 0

    @classmethod
    def migrate(cls, inputs: Mapping[str, Any], from_version: int) -> dict[str, Any]:
        said = dict(inputs)
        if from_version < 2 and "amount" in said:
            said["strength"] = said.pop("amount") / 100
        if "name" in said:
            said["title"] = said.pop("name")
        said.pop("gone", None)
        return said


class Broken(Node):
    """Cannot migrate."""

    version = 2

    def run(self) -> int:
        return 0

    @classmethod
    def migrate(cls, inputs: Mapping[str, Any], from_version: int) -> dict[str, Any]:
        raise KeyError("no")


@pytest.fixture
def registry() -> Registry:
    made = Registry()
    for cls in (Noise, Grown, Broken):
        made.add_class(cls)
    return made


def flow(nodes: dict[str, Any], **more: Any) -> Document:
    return read({"calotype": 1, "nodes": nodes, **more})


INNER = {
    "inputs": {"seed": {"to": ["n.seed"]}, "text": {"to": ["n.text"], "default": "port"}},
    "outputs": {"int": {"from": "n.int"}},
    "nodes": {"n": {"type": "Noise", "inputs": {"seed": 4}}},
}


def test_the_interface_is_typed_and_ordered_as_in_the_file(registry):
    document = flow(
        {
            "a": {"type": "Noise", "inputs": {"text": "hi", "seed": {"from": "b.int"}}},
            "s": {"type": "subgraph/inner", "inputs": {}},
        },
        inputs={
            "words": {"node": "a", "input": "text", "doc": "What to say."},
            "much": {"node": "a", "input": "amount"},
            "linked": {"node": "a", "input": "seed"},
            "inside": {"node": "s", "input": "seed"},
            "ported": {"node": "s", "input": "text"},
            "nowhere": {"node": "x", "input": "y"},
        },
        subgraphs={"inner": INNER},
    )
    found = [(p.name, p.spec and p.spec.name, p.default, p.doc) for p in interface(document, registry)]
    assert found == [
        ("words", "text", "hi", "What to say."),
        ("much", "amount", 0.5, "How much."),
        ("linked", "seed", 0, ""),
        ("inside", "seed", 4, ""),
        ("ported", "text", "port", ""),
        ("nowhere", None, REQUIRED, ""),
    ]


def test_inputs_are_set_by_public_name_and_by_place():
    document = flow({"a": {"type": "Noise"}}, inputs={"words": {"node": "a", "input": "text"}})
    changed = set_input(set_input(document, "words", "hi"), "a.seed", 7)
    assert changed.nodes == {"a": {"type": "Noise", "inputs": {"text": "hi", "seed": 7}}}
    assert document.nodes == {"a": {"type": "Noise"}}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("wrods", 1, 'has no public input "wrods". Did you mean "words"?'),
        ("b.seed", 1, 'names the node "b", which the workflow does not have'),
        ("a.", 1, "has no public input"),
        ("a.text", float("nan"), "nan is not a finite number"),
        ("words", {"from": "a"}, "is not a link"),
    ],
)
def test_what_cannot_be_set_says_why(name, value, said):
    document = flow({"a": {"type": "Noise"}}, inputs={"words": {"node": "a", "input": "text"}})
    with pytest.raises(WorkflowError) as error:
        set_input(document, name, value)
    assert said in error.value.message


def test_random_seeds_are_drawn_in_the_order_of_ids_everywhere(registry):
    document = flow(
        {
            "b": {"type": "Noise", "inputs": {"seed": "random", "text": "random"}},
            "a": {"type": "Noise", "inputs": {"seed": "random"}},
            "s": {"type": "subgraph/inner", "inputs": {"seed": "random", "text": "random"}},
            "u": {"type": "who.Knows", "inputs": {"seed": "random"}},
        },
        subgraphs={"inner": INNER | {"nodes": {"n": {"type": "Noise", "inputs": {"seed": "random"}}}}},
    )
    drawn = iter(range(1, 9))
    found = resolve_seeds(document, registry, lambda: next(drawn))
    assert {id: n["inputs"] for id, n in found.nodes.items()} == {
        "b": {"seed": 2, "text": "random"},
        "a": {"seed": 1},
        "s": {"seed": 3, "text": "random"},
        "u": {"seed": "random"},
    }
    assert found.subgraphs["inner"].nodes["n"]["inputs"] == {"seed": 4}
    assert resolve_seeds(found, registry, lambda: 99) == found


def test_migration_follows_what_is_declared_and_lists_what_is_lost(registry):
    document = flow(
        {
            "old": {"type": "Grown", "inputs": {"amount": 50, "name": "x", "gone": 3}},
            "static": {"type": "Static", "inputs": {"seed": 1}},
            "new": {"type": "Grown", "version": 3, "inputs": {"name": "kept as it is"}},
            "unknown": {"type": "who.Knows", "version": 1, "inputs": {"a": 1}},
        },
        inputs={"title": {"node": "old", "input": "name"}},
    )
    found, notes = migrate_nodes(document, registry)
    assert found.nodes["old"] == {"type": "Grown", "version": 3, "inputs": {"strength": 0.5, "title": "x"}}
    assert found.nodes["static"] == {"type": "Noise", "inputs": {"seed": 1}}
    assert (found.nodes["new"], found.nodes["unknown"]) == (document.nodes["new"], document.nodes["unknown"])
    assert found.inputs["title"].input == "title"
    assert [str(n) for n in notes] == [
        'node "old" (Grown), input "amount": in version 3 it is given as "strength": 0.5; it was 50',
        'node "old" (Grown), input "name": since version 3 it is called "title"',
        'node "old" (Grown), input "gone": version 3 has it no more; its value was 3',
        'node "static" (Noise): the node type "Static" is now called "Noise"',
    ]
    assert migrate_nodes(found, registry) == (found, [])


def test_a_renamed_input_is_followed_through_ports(registry):
    inner = {"inputs": {"p": {"to": ["g.name"]}}, "nodes": {"g": {"type": "Grown", "version": 2}}}
    found, _ = migrate_nodes(flow({"s": {"type": "subgraph/inner"}}, subgraphs={"inner": inner}), registry)
    assert found.subgraphs["inner"].inputs["p"].to == ["g.title"]


def test_a_migration_that_fails_leaves_the_node_and_says_so(registry):
    document = flow({"b": {"type": "Broken", "inputs": {"x": 1}}})
    found, notes = migrate_nodes(document, registry)
    assert found == document
    assert [(n.code, n.message) for n in notes] == [
        ("migration-failed", "it could not be brought from version 1 to 2: KeyError: 'no'")
    ]


def test_a_difference_tells_nodes_values_links_and_layout_apart():
    before = flow(
        {
            "a": {"type": "A", "inputs": {"x": 1, "y": {"from": "b.o"}, "z": True}},
            "b": {"type": "B"},
            "c": {"type": "C"},
        },
        layout={"a": {"x": 1}},
    )
    after = flow(
        {
            "a": {"type": "A", "enabled": False, "inputs": {"x": 2, "y": {"from": "d.o"}, "z": 1}},
            "b": {"type": "B"},
            "d": {"type": "D"},
        },
        layout={"a": {"x": 2}},
        name="new",
    )
    assert str(diff(before, after)) == "\n".join(
        [
            "+ d (D)",
            "- c (C)",
            "~ a.enabled: not there -> False",
            "~ a.x: 1 -> 2",
            "~ a.z: True -> 1",
            "~ a.y: b.o -> d.o",
            "~ name: not there -> 'new'",
            "moved: a",
        ]
    )
    assert diff(before, after).to_dict()["links"] == [
        {"node": "a", "name": "y", "before": {"from": "b.o"}, "after": {"from": "d.o"}}
    ]
    assert not diff(before, before)
