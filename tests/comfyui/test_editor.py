"""The editor's format: widgets by position, reroutes, primitives, muted and bypassed nodes, subgraphs."""

import pytest

NODES = {
    "latent": ("EmptyLatentImage", [], [("LATENT", "LATENT")], [64, 32, 2]),
    "flip": ("LatentFlip", [("samples", "LATENT")], [("LATENT", "LATENT")], ["x-axis: vertically"]),
    "add": ("LatentAdd", [("samples1", "LATENT"), ("samples2", "LATENT")], [("LATENT", "LATENT")], []),
    "reroute": ("Reroute", [("", "*")], [("LATENT", "LATENT")], []),
}


def node(id, kind, links=(), **more):
    """A node of the editor's format; links: the ids of the links at its inputs."""
    type, inputs, outputs, values = NODES[kind]
    said = [{"name": n, "type": t, "link": link} for (n, t), link in zip(inputs, links or [None] * 9, strict=False)]
    outs = [{"name": n, "type": t} for n, t in outputs]
    return {"id": id, "type": type, "mode": 0, "inputs": said, "outputs": outs, "widgets_values": values} | more


def drawn(*nodes, links=(), **more):
    return {"nodes": list(nodes), "links": [[*link, "LATENT"] for link in links], "version": 0.4} | more


def test_values_of_widgets_get_their_names_and_links_their_ends(imported):
    # 1 -> 2
    document, report = imported(drawn(node(1, "latent", pos=[10, 20.4]), node(2, "flip", [5]), links=[[5, 1, 0, 2, 0]]))
    assert document == {
        "calotype": 1,
        "nodes": {
            "1": {"type": "EmptyLatent", "inputs": {"width": 64, "height": 32, "batch_size": 2}},
            "2": {"type": "LatentFlip", "inputs": {"latent": {"from": "1.latent"}, "direction": "vertical"}},
        },
        "layout": {"1": {"x": 10, "y": 20}},
    }
    assert report.complete and report.format == "editor format of ComfyUI"


@pytest.mark.parametrize("control", ["randomize", "fixed", True, None])
def test_what_the_editor_does_to_a_seed_is_no_value(imported, control):
    values = [7, *([] if control is None else [control]), 20, 6.5, "euler", "normal", 0.5]
    said = {"id": 3, "type": "KSampler", "inputs": [], "outputs": [], "widgets_values": values}
    document, report = imported(drawn(said))
    expected = {"seed": 7, "steps": 20, "cfg": 6.5, "sampler": "euler", "scheduler": "normal", "denoise": 0.5}
    assert document["nodes"]["3"]["inputs"] == expected
    assert report.complete


def test_reroutes_are_followed(imported):
    # 1 -> reroute -> reroute -> 2
    links = [[1, 1, 0, 8, 0], [2, 8, 0, 9, 0], [3, 9, 0, 2, 0]]
    boxes = [node(1, "latent"), node(8, "reroute", [1]), node(9, "reroute", [2]), node(2, "flip", [3])]
    document, _ = imported(drawn(*boxes, links=links))
    assert list(document["nodes"]) == ["1", "2"]
    assert document["nodes"]["2"]["inputs"]["latent"] == {"from": "1.latent"}


def test_reroutes_in_a_circle_bring_nothing(imported):
    links = [[1, 9, 0, 8, 0], [2, 8, 0, 9, 0], [3, 9, 0, 2, 0]]
    document, _ = imported(drawn(node(8, "reroute", [1]), node(9, "reroute", [2]), node(2, "flip", [3]), links=links))
    assert document["nodes"] == {"2": {"type": "LatentFlip", "inputs": {"direction": "vertical"}}}


def test_what_one_node_sets_by_name_others_get(imported):
    # 1 -> set "small";  get "small" -> 2;  get "other" -> 3
    links = [[1, 1, 0, 8, 0], [2, 9, 0, 2, 0], [3, 7, 0, 3, 0]]
    setter = {"id": 8, "type": "SetNode", "inputs": [{"name": "LATENT", "type": "LATENT", "link": 1}]}
    named = [
        setter | {"widgets_values": ["small"]},
        {"id": 9, "type": "GetNode", "inputs": [], "widgets_values": ["small"]},
        {"id": 7, "type": "GetNode", "inputs": [], "widgets_values": ["other"]},
    ]
    boxes = [node(1, "latent"), node(2, "flip", [2]), node(3, "flip", [3]), *named]
    document, report = imported(drawn(*boxes, links=links))
    assert list(document["nodes"]) == ["1", "2", "3"]
    assert document["nodes"]["2"]["inputs"]["latent"] == {"from": "1.latent"}
    assert "latent" not in document["nodes"]["3"]["inputs"]
    assert report.complete


def test_a_primitive_gives_its_value_to_what_it_is_linked_to(imported):
    primitive = {"id": 4, "type": "PrimitiveNode", "outputs": [{"type": "INT"}], "widgets_values": [96, "fixed"]}
    latent = node(1, "latent")
    latent["inputs"] = [{"name": "height", "type": "INT", "link": 1, "widget": {"name": "height"}}]
    document, _ = imported(drawn(primitive, latent, links=[[1, 4, 0, 1, 0]]))
    assert document["nodes"] == {
        "1": {"type": "EmptyLatent", "inputs": {"width": 64, "height": 96, "batch_size": 2}},
    }


def test_a_muted_node_is_disabled_and_brings_nothing(imported):
    # 1 -> 2 (muted) -> 3
    links = [[1, 1, 0, 2, 0], [2, 2, 0, 3, 0]]
    boxes = [node(1, "latent"), node(2, "flip", [1], mode=2), node(3, "flip", [2])]
    document, report = imported(drawn(*boxes, links=links))
    assert document["nodes"]["2"] == {
        "type": "LatentFlip",
        "enabled": False,
        "inputs": {"latent": {"from": "1.latent"}, "direction": "vertical"},
    }
    assert document["nodes"]["3"]["inputs"] == {"direction": "vertical"}
    assert report.warnings() == [
        'node "3" (LatentFlip): nothing comes to "samples": node "2", which brought it, was muted'
    ]


def test_a_bypassed_node_with_one_way_through_is_disabled_in_its_place(imported):
    links = [[1, 1, 0, 2, 0], [2, 2, 0, 3, 0]]
    boxes = [node(1, "latent"), node(2, "flip", [1], mode=4), node(3, "flip", [2])]
    document, report = imported(drawn(*boxes, links=links))
    assert document["nodes"]["2"]["enabled"] is False
    assert document["nodes"]["3"]["inputs"]["latent"] == {"from": "2.latent"}
    assert report.complete


def test_wires_lead_past_a_bypassed_node_where_our_rule_might_choose_another_way(imported):
    # 1, 2 -> 3 (bypassed: passes on 1) -> 4
    links = [[1, 1, 0, 3, 0], [2, 2, 0, 3, 1], [3, 3, 0, 4, 0]]
    boxes = [node(1, "latent"), node(2, "latent"), node(3, "add", [1, 2], mode=4), node(4, "flip", [3])]
    document, _ = imported(drawn(*boxes, links=links))
    assert document["nodes"]["4"]["inputs"]["latent"] == {"from": "1.latent"}
    assert document["nodes"]["3"]["enabled"] is False


def test_groups_and_notes_become_frames(imported):
    note = {
        "id": 9,
        "type": "Note",
        "title": "Hint",
        "pos": {"0": 5, "1": 6},
        "size": [30, 40],
        "widgets_values": ["!"],
    }
    group = {"title": "First", "bounding": [1, 2, 300, 400], "color": "#335"}
    document, report = imported(drawn(node(1, "latent"), note, groups=[group]))
    assert document["frames"] == [
        {"id": "frame_1", "title": "First", "x": 1, "y": 2, "w": 300, "h": 400, "colour": "#335"},
        {"id": "frame_2", "title": "Hint", "x": 5, "y": 6, "w": 30, "h": 40, "text": "!"},
    ]
    assert list(document["nodes"]) == ["1"] and report.complete


def test_a_type_without_counterpart_keeps_its_values_and_is_named(imported):
    said = {
        "id": 6,
        "type": "Shift|fancy",
        "inputs": [
            {"name": "latent", "type": "LATENT", "link": 1},
            {"name": "shift", "type": "FLOAT", "link": None, "widget": {"name": "shift"}},
        ],
        "outputs": [{"name": "LATENT", "type": "LATENT"}],
        "widgets_values": [3.5],
    }
    links = [[1, 1, 0, 6, 0], [2, 6, 0, 2, 0]]
    document, report = imported(drawn(node(1, "latent"), said, node(2, "flip", [2]), links=links))
    assert document["nodes"]["6"] == {
        "type": "comfyui.Shift|fancy",
        "inputs": {"latent": {"from": "1.latent"}, "shift": 3.5},
    }
    assert document["nodes"]["2"]["inputs"]["latent"] == {"from": "6.output_0"}
    assert report.unknown == {"6": "Shift|fancy"}
    assert report.warnings() == ['node "6": Shift|fancy has no counterpart']


def subgraph(*nodes, links=(), inputs=1, outputs=1, id="inner"):
    keys = ("id", "origin_id", "origin_slot", "target_id", "target_slot")
    return {
        "id": id,
        "name": "Inner",
        "inputs": [{"name": f"in{i}", "type": "LATENT"} for i in range(inputs)],
        "outputs": [{"name": f"out{i}", "type": "LATENT"} for i in range(outputs)],
        "nodes": list(nodes),
        "links": [dict(zip(keys, link, strict=True)) for link in links],
    }


def instance(id, link, **more):
    inputs = [{"name": "in0", "type": "LATENT", "link": link}]
    return {"id": id, "type": "inner", "inputs": inputs, "outputs": [{"type": "LATENT"}], "mode": 0} | more


INNER = subgraph(
    node(7, "flip", [1], pos=[100, 100]),
    node(8, "flip", [2]),
    links=[[1, -10, 0, 7, 0], [2, 7, 0, 8, 0], [3, 8, 0, -20, 0]],
)


def test_a_subgraph_is_taken_apart(imported):
    # 1 -> [7 -> 8] -> 3
    links = [[1, 1, 0, 5, 0], [2, 5, 0, 3, 0]]
    boxes = [node(1, "latent"), instance(5, 1, pos=[500, 50]), node(3, "flip", [2])]
    document, report = imported(drawn(*boxes, links=links, definitions={"subgraphs": [INNER]}))
    sources = {id: n["inputs"].get("latent") for id, n in document["nodes"].items()}
    assert sources == {
        "1": None,
        "3": {"from": "5_8.latent"},
        "5_7": {"from": "1.latent"},
        "5_8": {"from": "5_7.latent"},
    }
    assert document["layout"] == {"5_7": {"x": 500, "y": 50}}
    assert report.complete


def test_a_bypassed_subgraph_passes_on_and_its_inside_is_disabled(imported):
    links = [[1, 1, 0, 5, 0], [2, 5, 0, 3, 0]]
    boxes = [node(1, "latent"), instance(5, 1, mode=4), node(3, "flip", [2])]
    document, report = imported(drawn(*boxes, links=links, definitions={"subgraphs": [INNER]}))
    assert document["nodes"]["3"]["inputs"]["latent"] == {"from": "1.latent"}
    assert {id: n.get("enabled", True) for id, n in document["nodes"].items()} == {
        "1": True,
        "3": True,
        "5_7": False,
        "5_8": False,
    }
    assert report.complete


def test_a_subgraph_takes_values_of_its_own_widgets(imported):
    latent = node(7, "latent")
    latent["inputs"] = [{"name": "width", "type": "INT", "link": 1, "widget": {"name": "width"}}]
    inner = subgraph(latent, links=[[1, -10, 0, 7, 0], [2, 7, 0, -20, 0]])
    boxes = [instance(5, None, widgets_values=[128]), instance(6, None)]
    document, _ = imported(drawn(*boxes, definitions={"subgraphs": [inner]}))
    widths = {id: n["inputs"]["width"] for id, n in document["nodes"].items()}
    assert widths == {"5_7": 128, "6_7": 64}


def test_subgraphs_inside_of_subgraphs_are_taken_apart_and_a_circle_is_said(imported):
    around = subgraph(instance(4, 1), links=[[1, -10, 0, 4, 0], [2, 4, 0, -20, 0]], id="outer")
    top = {**instance(2, 1), "type": "outer"}
    said = drawn(
        node(1, "latent"),
        top,
        node(3, "flip", [2]),
        links=[[1, 1, 0, 2, 0], [2, 2, 0, 3, 0]],
        definitions={"subgraphs": [INNER, around]},
    )
    document, _ = imported(said)
    assert {id: n["inputs"].get("latent") for id, n in document["nodes"].items()} == {
        "1": None,
        "3": {"from": "2_4_8.latent"},
        "2_4_7": {"from": "1.latent"},
        "2_4_8": {"from": "2_4_7.latent"},
    }
    said["definitions"]["subgraphs"][0]["nodes"].append({**instance(9, None), "type": "outer"})
    _, report = imported(said)
    assert report.warnings() == ['node "2:4:9": the subgraph contains itself; it is left out']
