"""A checkpoint without a part that is used is named before anything runs, once for each part."""

import pytest

from calotype.errors import ModelError
from calotype.validate import validate
from calotype.workflow import read


def link(end):
    return {"from": end}


def document(**changed):
    nodes = {
        "load": {"type": "CheckpointLoader", "inputs": {"checkpoint": "sd15.st"}},
        "lora": {"type": "LoraLoader", "inputs": {"model": link("load.model"), "lora": "style15.st"}},
        "yes": {"type": "TextEncode", "inputs": {"clip": link("load.clip")}},
        "no": {"type": "TextEncode", "inputs": {"clip": link("load.clip")}},
        "empty": {"type": "EmptyLatent"},
        "sample": {
            "type": "KSampler",
            "inputs": {
                "model": link("lora.model"), "positive": link("yes.conditioning"), "latent": link("empty.latent"),
            },
        },
        "decode": {"type": "VAEDecode", "inputs": {"vae": link("load.vae"), "latent": link("sample.latent")}},
        "save": {"type": "SaveImage", "inputs": {"images": [link("decode.image")]}},
    }  # fmt: skip
    return read({"calotype": 1, "name": "parts", "nodes": nodes | changed})


def problems(registry, inspect, lacks, **changed):
    found = validate(document(**changed), registry, inspect=inspect, lacks=lacks).problems
    return [(p.code, p.node, p.message) for p in found]


def bare(ref, kind):
    return f"{ref.folder}/{ref.name} has no {kind}. Take another."


def test_what_is_used_and_not_there_is_said_once(registry, inspect):
    assert problems(registry, inspect, bare) == [
        ("model-part", "yes", 'from node "load" (CheckpointLoader): checkpoints/sd15.st has no Clip. Take another.'),
        ("model-part", "decode", 'from node "load" (CheckpointLoader): checkpoints/sd15.st has no Vae. Take another.'),
    ]


def test_a_part_that_comes_from_another_file_may_be_missing(registry, inspect):
    vae = {"type": "VAELoader", "inputs": {"vae": "vae4.st"}}
    decode = {"type": "VAEDecode", "inputs": {"vae": link("own.vae"), "latent": link("sample.latent")}}
    lacks = lambda ref, kind: bare(ref, kind) if kind == "Vae" else ""  # noqa: E731
    assert problems(registry, inspect, lacks, own=vae, decode=decode) == []


def test_one_of_two_files_by_a_switch_is_left_to_the_run(registry, inspect):
    other = {"type": "CheckpointLoader", "inputs": {"checkpoint": "sd15.st"}}
    pick = {"type": "Pick", "inputs": {"a": link("load.vae"), "b": link("other.vae")}}
    decode = {"type": "VAEDecode", "inputs": {"vae": link("pick.value"), "latent": link("sample.latent")}}
    lacks = lambda ref, kind: bare(ref, kind) if kind == "Vae" else ""  # noqa: E731
    assert problems(registry, inspect, lacks, other=other, pick=pick, decode=decode) == []


def test_a_file_that_cannot_be_read_is_said_by_its_family_alone(registry, inspect):
    def lacks(ref, kind):
        raise ModelError("cut short")

    assert problems(registry, inspect, lacks) == []


@pytest.mark.parametrize("lacks", [None, lambda ref, kind: ""])
def test_what_is_there_is_no_problem(registry, inspect, lacks):
    assert problems(registry, inspect, lacks) == []


@pytest.mark.parametrize("value", [0, 1.5, True, [], [1], {}, {"x": 1}, {"value": 2}, {"secret": "S"}])
def test_what_names_no_file_where_one_is_named_is_a_problem_of_that_input(registry, inspect, value):
    node = {"type": "CheckpointLoader", "inputs": {"checkpoint": value}}
    found = {(p.node, p.input) for p in validate(document(load=node), registry, inspect=inspect).problems}
    assert found == {("load", "checkpoint")}
