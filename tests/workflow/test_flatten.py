"""From a document to a graph: subgraphs, repeats, maps; grouping changes nothing but ids."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calotype.errors import WorkflowError
from calotype.graph import Edge, Graph, MapOver, Use
from calotype.workflow import Document, flatten, read, write
from calotype.workflow.group import group, ungroup
from calotype.workflow.inside import group_within, ungroup_within


def flow(nodes: dict[str, Any], **more: Any) -> Document:
    return read({"calotype": 1, "nodes": nodes, **more})


def node(type: str = "T", **inputs: Any) -> dict[str, Any]:
    return {"type": type, "inputs": inputs}


def to(end: str) -> dict[str, str]:
    return {"from": end}


SCALE = {
    "inputs": {"image": {"to": ["scale.image"]}, "by": {"to": ["scale.by"], "default": 2}},
    "outputs": {"image": {"from": "scale.out"}},
    "nodes": {"scale": node("Scale", mode="nearest")},
}


def shape(graph: Graph) -> dict[str, Any]:
    """Each node by what it is and where all its values come from, whatever the ids."""
    said: dict[str, Any] = {}
    for id in graph.order():
        use = graph.uses[id]
        links = sorted((e.input, -1 if e.index is None else e.index, e.output, said[e.source]) for e in use.links)
        said[id] = repr((use.type, sorted(use.inputs.items(), key=str), links, use.enabled, use.version))
    return said


def test_a_plain_document_is_its_own_graph():
    graph = flatten(flow({"b": node(x=to("a.out"), y=[1, to("a.out")], z={"value": {"from": 1}}), "a": node()}))
    assert graph.uses == {
        "b": Use(
            "b",
            "T",
            {"y": [1, None], "z": {"from": 1}},
            (Edge("a", "out", "b", "x"), Edge("a", "out", "b", "y", 1)),
        ),
        "a": Use("a", "T"),
    }


def test_an_instance_becomes_its_nodes_with_its_values_and_the_ports_defaults():
    graph = flatten(
        flow(
            {"a": node(), "up": node("subgraph/up", image=to("a.out")), "end": node(x=to("up.image"))},
            subgraphs={"up": SCALE},
        )
    )
    assert graph.uses["up/scale"] == Use(
        "up/scale", "Scale", {"mode": "nearest", "by": 2}, (Edge("a", "out", "up/scale", "image"),)
    )
    assert graph.uses["end"].links == (Edge("up/scale", "out", "end", "x"),)


def test_a_literal_object_through_a_port_is_unwrapped_once():
    graph = flatten(flow({"up": node("subgraph/up", by={"value": {"value": 1}})}, subgraphs={"up": SCALE}))
    assert graph.uses["up/scale"].inputs["by"] == {"value": 1}


def test_subgraphs_nest_to_any_depth():
    depth = 2000
    subgraphs: dict[str, Any] = {"s0": SCALE}
    for i in range(1, depth):
        inner = {"inputs": {"image": {"to": ["in.image"]}}, "outputs": {"image": {"from": "in.image"}}}
        subgraphs[f"s{i}"] = inner | {"nodes": {"in": node(f"subgraph/s{i - 1}")}}
    nodes = {"a": node(), "up": node(f"subgraph/s{depth - 1}", image=to("a.out")), "end": node(x=to("up.image"))}
    graph = flatten(flow(nodes, subgraphs=subgraphs))
    deep = "up/" + "in/" * (depth - 1) + "scale"
    assert graph.order() == ["a", deep, "end"]


def test_a_disabled_instance_disables_what_is_inside():
    document = flow({"up": node("subgraph/up") | {"enabled": False}}, subgraphs={"up": SCALE})
    assert [(u.id, u.enabled) for u in flatten(document).uses.values()] == [("up/scale", False)]


def test_a_repeat_is_unrolled_and_carries_values_from_round_to_round():
    up = node("subgraph/up", image=to("a.out"), by=3) | {"repeat": {"times": 3, "carry": {"image": "image"}}}
    graph = flatten(flow({"a": node(), "up": up, "end": node(x=to("up.image"))}, subgraphs={"up": SCALE}))
    assert [(e.source, e.target) for id in graph.order() for e in graph.uses[id].links] == [
        ("a", "up/0/scale"),
        ("up/0/scale", "up/1/scale"),
        ("up/1/scale", "up/2/scale"),
        ("up/2/scale", "end"),
    ]
    assert {u.inputs["by"] for u in graph.uses.values() if u.type == "Scale"} == {3}


def test_a_map_keeps_its_body_with_ports_led_to_places_inside():
    outer = {
        "inputs": {"image": {"to": ["in.image", "other.x"]}},
        "outputs": {"image": {"from": "in.image"}},
        "nodes": {"in": node("subgraph/up"), "other": node()},
    }
    nodes = {
        "m": node("subgraph/outer", image=[to("a.out"), to("b.out")]) | {"map": ["image"]},
        "a": node(),
        "b": node(),
    }
    graph = flatten(flow(nodes, subgraphs={"outer": outer, "up": SCALE}))
    use = graph.uses["m"]
    assert use.links == (Edge("a", "out", "m", "image", 0), Edge("b", "out", "m", "image", 1))
    assert use.inputs == {"image": [None, None]}
    assert isinstance(use.map, MapOver)
    assert (use.map.over, use.map.outputs) == (("image",), {"image": ("in/scale", "out")})
    assert sorted(use.map.inputs["image"]) == ["in/scale.image", "other.x"]
    assert sorted(use.map.body.uses) == ["in/scale", "other"]


def codes(document: Document) -> list[tuple[str, str | None]]:
    with pytest.raises(WorkflowError) as error:
        flatten(document)
    return [(p.code, p.suggestion) for p in error.value.problems]


def test_every_structural_problem_is_said_at_once():
    bad = {
        "inputs": {"a": {"to": ["gone.x", "in.imag"]}, "b": {"to": ["in.image"]}, "c": {"to": ["in.image"]}},
        "outputs": {"o": {"from": "in.imge"}},
        "nodes": {"in": node("subgraph/up")},
    }
    nodes = {
        "one": node("subgraph/upp"),
        "two": node("subgraph/up", imag=1),
        "three": node(x=to("two.imge")),
        "four": node() | {"map": ["x"]},
        "five": node("subgraph/up") | {"map": ["ima"], "repeat": {"times": 2, "carry": {"im": "by"}}},
    }
    assert codes(flow(nodes, subgraphs={"up": SCALE, "bad": bad})) == [
        ("unknown-subgraph", "up"),
        ("unknown-input", "image"),
        ("unknown-input", "image"),
        ("map-and-repeat", None),
        ("unknown-output", None),
        ("not-a-subgraph", None),
        ("unknown-output", "two.image"),
        ("bad-port", None),
        ("bad-port", "in.image"),
        ("bad-port", None),
        ("bad-port", "in.image"),
    ]


def test_a_subgraph_that_contains_itself_is_refused_with_the_path():
    loop = {name: {"nodes": {"x": node(f"subgraph/{inner}")}} for name, inner in (("a", "b"), ("b", "c"), ("c", "a"))}
    with pytest.raises(WorkflowError, match=r"subgraphs contain each other in a circle: \w -> \w -> \w -> \w"):
        flatten(flow({"i": node("subgraph/a")}, subgraphs=loop))


@pytest.mark.parametrize("how", [{}, {"map": ["p"]}])
def test_an_explosion_of_instances_is_refused_before_it_happens(how):
    subgraphs: dict[str, Any] = {"s0": {"inputs": {"p": {"to": ["n.x"]}}, "nodes": {"n": node()}}}
    for i in range(1, 31):
        twice = {k: node(f"subgraph/s{i - 1}", p=[1]) | how for k in "ab"}
        subgraphs[f"s{i}"] = {"inputs": {"p": {"to": ["a.p"]}}, "nodes": twice}
    assert codes(flow({"i": node("subgraph/s30")}, subgraphs=subgraphs))[0][0] in ("too-large", "too-deep")


def test_maps_have_a_limit_of_depth():
    subgraphs: dict[str, Any] = {"s0": {"inputs": {"p": {"to": ["n.x"]}}, "nodes": {"n": node()}}}
    for i in range(1, 60):
        inner = {"a": node(f"subgraph/s{i - 1}", p=[1]) | {"map": ["p"]}}
        subgraphs[f"s{i}"] = {"inputs": {"p": {"to": ["a.p"]}}, "nodes": inner}
    assert codes(flow({"i": node("subgraph/s59")}, subgraphs=subgraphs)) == [("too-deep", None)]


def test_a_group_takes_layout_and_interface_along_and_gives_them_back():
    document = flow(
        {"a": node(), "b": node(x=to("a.out"), text="hi"), "c": node(y=[to("b.out"), 1, to("a.out")])},
        inputs={"prompt": {"node": "b", "input": "text"}, "source": {"node": "b", "input": "x"}},
        outputs={"result": {"from": "c.out"}, "half": {"from": "b.out"}},
        layout={"a": {"x": 0}, "b": {"x": 1}},
    )
    grouped = group(document, ["b", "c"], "pair")
    assert sorted(grouped.nodes) == ["a", "pair"]
    assert {name: (i.node, i.input) for name, i in grouped.inputs.items()} == {
        "prompt": ("pair", "text"),
        "source": ("pair", "x_2"),
    }
    assert grouped.outputs["result"].source == "pair.out"
    assert list(grouped.layout) == ["a", "pair"]
    assert read(write(grouped)) == grouped
    assert sorted(shape(flatten(grouped)).values()) == sorted(shape(flatten(document)).values())
    assert ungroup(grouped, "pair") == document


@pytest.mark.parametrize(("ids", "name"), [(["a", "x"], "s"), ([], "s"), (["a"], "a b"), (["a"], "up")])
def test_what_cannot_be_grouped_is_refused(ids, name):
    with pytest.raises(WorkflowError):
        group(flow({"a": node()}, subgraphs={"up": SCALE}), ids, name)


def test_a_map_cannot_be_ungrouped():
    with pytest.raises(WorkflowError, match="mapped or repeated"):
        ungroup(flow({"m": node("subgraph/up") | {"map": ["image"]}}, subgraphs={"up": SCALE}), "m")


@st.composite
def graphs(draw: st.DrawFn) -> Document:
    """An acyclic document with literals, links, lists and disabled nodes."""
    count = draw(st.integers(1, 8))
    nodes: dict[str, Any] = {}
    for i in range(count):
        ends = st.sampled_from([to(f"n{j}.{out}") for j in range(i) for out in ("p", "q")]) if i else st.just(1)
        value = st.one_of(
            st.integers(0, 3), ends, st.lists(st.integers(0, 3) | ends, max_size=3), st.just({"value": {"from": 1}})
        )
        inputs = draw(st.dictionaries(st.sampled_from(["a", "b", "c"]), value, max_size=3))
        nodes[f"n{i}"] = {"type": draw(st.sampled_from("TUV")), "inputs": inputs}
        if draw(st.booleans()):
            nodes[f"n{i}"]["enabled"] = draw(st.booleans())
    return flow(nodes, outputs={"last": {"from": f"n{count - 1}.p"}})


@given(graphs(), st.data())
def test_flattening_a_group_gives_the_same_graph_at_any_depth(document, data):
    before = sorted(shape(flatten(document)).values())
    grouped = document
    steps = []
    for i in range(data.draw(st.integers(1, 3))):
        ids = data.draw(st.sets(st.sampled_from(sorted(grouped.nodes)), min_size=1))
        grouped = group(grouped, ids, f"g{i}")
        steps.append(f"g{i}")
        assert sorted(shape(flatten(grouped)).values()) == before
        assert read(write(grouped)) == grouped
    for name in reversed(steps):
        grouped = ungroup(grouped, name)
        assert sorted(shape(flatten(grouped)).values()) == before
    assert grouped == document


@given(graphs(), st.data())
def test_nodes_inside_of_a_subgraph_are_grouped_and_ungrouped_too(document, data):
    before = sorted(shape(flatten(document)).values())
    ids = data.draw(st.sets(st.sampled_from(sorted(document.nodes)), min_size=1))
    outer = group(document, ids, "outer")
    inner = data.draw(st.sets(st.sampled_from(sorted(ids)), min_size=1))
    nested = group_within(outer, "outer", inner, "inner")
    assert sorted(shape(flatten(nested)).values()) == before
    assert read(write(nested)) == nested
    assert list(nested.subgraphs["outer"].inputs) == list(outer.subgraphs["outer"].inputs)
    assert ungroup_within(nested, "outer", "inner") == outer


def test_a_port_to_several_places_of_an_instance_inside_leads_to_all_of_them():
    both = {"inputs": {"x": {"to": ["a.x", "b.x"]}}, "nodes": {"a": node(), "b": node()}}
    outer = {"inputs": {"all": {"to": ["in.x", "c.x"]}}, "nodes": {"in": node("subgraph/both"), "c": node()}}
    document = flow({"i": node("subgraph/outer", all=1)}, subgraphs={"outer": outer, "both": both})
    done = ungroup_within(document, "outer", "in")
    assert done.subgraphs["outer"].inputs["all"].to == ["a.x", "b.x", "c.x"]
    assert list(done.subgraphs) == ["outer"]
    with pytest.raises(WorkflowError, match='there is no subgraph "gone"'):
        group_within(document, "gone", ["a"], "s")
