"""What ComfyUI runs once for each item of a list stands in a subgraph that is mapped over the list."""

from calotype.workflow import read
from calotype_comfyui import IMPORTERS

SCENE = {
    "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "base.safetensors"}},
    "2": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 5}},
    "3": {"class_type": "RebatchLatents", "inputs": {"latents": ["2", 0], "batch_size": 2}},
    "4": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["1", 2]}},
}
INVERT = {"class_type": "ImageInvert", "inputs": {"image": ["4", 0]}}
SAVE = {"class_type": "SaveImage", "inputs": {"images": ["4", 0], "filename_prefix": "a"}}


def converted(**boxes):
    got = IMPORTERS[0].convert(SCENE | boxes)
    read(got.document)  # it is one
    return got.document, [note.message for note in got.report.notes]


def test_what_comes_behind_a_list_is_mapped_over_it():
    got, notes = converted(**{"5": SAVE})
    assert got["nodes"]["3_each"] == {
        "type": "subgraph/3_each",
        "map": ["latent"],
        "inputs": {"latent": {"from": "3.latents"}, "vae": {"from": "1.vae"}},
    }
    assert got["subgraphs"] == {
        "3_each": {
            "inputs": {"latent": {"to": ["4.latent"]}, "vae": {"to": ["4.vae"]}},
            "outputs": {},
            "nodes": {
                "4": {"type": "VAEDecode", "inputs": {}},
                "5": {"type": "SaveImage", "inputs": {"images": {"from": "4.image"}, "prefix": "a"}},
            },
        }
    }
    assert set(got["nodes"]) == {"1", "2", "3", "3_each"}
    assert notes == ["what comes behind it runs once for each batch, in the subgraph 3_each: 4, 5"]


def test_a_list_that_is_cut_anew_takes_what_the_map_gives():
    again = {"class_type": "RebatchImages", "inputs": {"images": ["4", 0], "batch_size": 4}}
    got, _ = converted(**{"5": again, "6": {**INVERT, "inputs": {"image": ["5", 0]}}})
    assert got["nodes"]["5"]["inputs"]["images"] == [{"from": "3_each.image"}]
    assert got["subgraphs"]["3_each"]["outputs"] == {"image": {"from": "4.image"}}
    assert got["nodes"]["5_each"]["map"] == ["image"]
    assert set(got["subgraphs"]["5_each"]["nodes"]) == {"6"}


def test_items_of_an_input_that_takes_several_are_ports_too():
    batch = {"class_type": "ImageBatch", "inputs": {"image1": ["9", 0], "image2": ["4", 0]}}
    other = {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8, "batch_size": 1, "color": 0}}
    got, _ = converted(**{"5": batch, "9": other})
    inner = got["subgraphs"]["3_each"]
    assert inner["nodes"]["5"]["inputs"]["images"] == [None, {"from": "4.image"}]
    assert inner["inputs"]["images"] == {"to": ["5.images.0"]}


def test_what_comes_behind_two_lists_or_none_stays():
    second = {"class_type": "RebatchImages", "inputs": {"images": ["9", 0], "batch_size": 4}}
    other = {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8, "batch_size": 1, "color": 0}}
    both = {"class_type": "ImageBatch", "inputs": {"image1": ["4", 0], "image2": ["5", 0]}}
    got, notes = converted(**{"5": second, "6": both, "9": other})
    assert set(got["nodes"]) == {*"1234569"} and "subgraphs" not in got and notes == []
    alone = IMPORTERS[0].convert({id: SCENE[id] for id in "23"}).document
    assert set(alone["nodes"]) == {"2", "3"}
