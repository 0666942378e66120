"""The API format, bare and wrapped: ids, links, titles, what is not known, and ControlNets on both sides."""

import pytest

from calotype.workflow import read
from calotype_comfyui import IMPORTERS

LATENT = {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 1}}
FLIP = {"class_type": "LatentFlip", "inputs": {"samples": ["4", 0], "flip_method": "x-axis: vertically"}}


def nodes(*types, **links):
    return {str(i): {"class_type": t, "inputs": links.get(f"n{i}", {})} for i, t in enumerate(types, 1)}


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda prompt: prompt,
        lambda prompt: {"prompt": prompt, "client_id": "me"},
        lambda prompt: {"workflow": prompt, "capture": {"latent": ["4", 0]}},
        lambda prompt: {**prompt, "extra": {"ds": {}}, "version": 0.4},
    ],
)
def test_ids_are_kept_whatever_it_is_wrapped_in(imported, wrapped):
    document, report = imported(wrapped({"4": LATENT, "5": FLIP}))
    assert document == {
        "calotype": 1,
        "nodes": {
            "4": {"type": "EmptyLatent", "inputs": {"width": 64, "height": 64, "batch_size": 1}},
            "5": {"type": "LatentFlip", "inputs": {"latent": {"from": "4.latent"}, "direction": "vertical"}},
        },
    }
    assert report.complete and report.format == "API format of ComfyUI"


def test_ids_that_a_document_cannot_have_are_changed_and_stay_apart(imported):
    flip = {**FLIP, "inputs": {**FLIP["inputs"], "samples": ["76:4", 0]}}
    document, _ = imported({"76:4": LATENT, "76_4": LATENT, "-1": LATENT, "ä": flip})
    assert list(document["nodes"]) == ["76_4", "76_4_2", "_-1", "_"]
    assert document["nodes"]["_"]["inputs"]["latent"] == {"from": "76_4.latent"}
    assert read(document).nodes == document["nodes"]


def test_titles_that_say_more_than_the_type_are_kept(imported):
    plain = {**LATENT, "_meta": {"title": "EmptyLatentImage"}}
    document, _ = imported({"1": plain, "2": {**LATENT, "_meta": {"title": "Canvas"}}})
    assert [n.get("title") for n in document["nodes"].values()] == [None, "Canvas"]


def test_a_link_to_a_node_that_is_not_there_is_kept_for_validation_to_name(imported):
    document, _ = imported({"5": FLIP})
    assert document["nodes"]["5"]["inputs"]["latent"] == {"from": "4.output_0"}


def test_an_input_without_counterpart_is_left_out_and_said(imported):
    document, report = imported({"4": {**LATENT, "inputs": {**LATENT["inputs"], "depth": 3}}})
    assert "depth" not in document["nodes"]["4"]["inputs"]
    assert report.warnings() == ['node "4" (EmptyLatentImage): the input "depth" has no counterpart and is left out']


def test_a_value_without_counterpart_is_kept_and_said(imported):
    document, report = imported({"5": {**FLIP, "inputs": {"flip_method": "diagonally"}}})
    assert document["nodes"]["5"]["inputs"] == {"direction": "diagonally"}
    assert report.warnings() == ['node "5" (LatentFlip): input "flip_method": \'diagonally\': it has no counterpart']


def test_numbers_are_said_as_a_document_says_them(imported):
    inputs = {"width": 70.0, "height": 64, "batch_size": 2.0}
    document, _ = imported({"4": {"class_type": "EmptyLatentImage", "inputs": inputs}})
    assert document["nodes"]["4"]["inputs"] == {"width": 64, "height": 64, "batch_size": 2}


def test_lists_and_objects_of_unknown_types_stay_what_they_are(imported):
    inputs = {"boxes": [{"x": 1}], "names": ["a", "b", "c"], "how": {"from": "here"}, "pair": {"__value__": ["1", 0]}}
    document, _ = imported({"4": {"class_type": "Boxes", "inputs": inputs}})
    assert document["nodes"]["4"] == {
        "type": "comfyui.Boxes",
        "inputs": {
            "boxes": {"value": [{"x": 1}]},
            "names": ["a", "b", "c"],
            "how": {"value": {"from": "here"}},
            "pair": ["1", 0],
        },
    }
    assert read(document).nodes == document["nodes"]


def test_where_both_formats_are_there_one_says_what_ran_and_the_other_how_it_looked(imported):
    drawing = {
        "nodes": [
            {"id": 4, "type": "EmptyLatentImage", "title": "Canvas", "pos": [7, 8], "widgets_values": [512, 512, 9]},
            {"id": 6, "type": "EmptyLatentImage", "pos": [9, 9], "mode": 2, "widgets_values": [1, 1, 1]},
        ],
        "links": [],
        "groups": [{"title": "All", "bounding": [0, 0, 10, 10]}],
    }
    document, report = imported({"prompt": {"4": LATENT}, "workflow": drawing})
    assert document == {
        "calotype": 1,
        "nodes": {
            "4": {
                "type": "EmptyLatent",
                "inputs": {"width": 64, "height": 64, "batch_size": 1},
                "title": "Canvas",
            }
        },
        "layout": {"4": {"x": 7, "y": 8}},
        "frames": [{"id": "frame_1", "title": "All", "x": 0, "y": 0, "w": 10, "h": 10}],
    }
    assert report.complete


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"calotype": 1},
        {"nodes": {}},
        {"nodes": []},
        {"prompt": "a cat"},
        {"workflow": {"nodes": "none", "links": []}},
        {"1": {"inputs": {}}},
    ],
)
def test_what_is_of_another_program_is_not_recognised(data):
    assert not IMPORTERS[0].recognises(data)
