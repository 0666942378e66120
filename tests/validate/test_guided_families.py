"""Families where sampling is put together from parts: a guider carries that of its model."""

import pytest

from calotype.plugins import discover
from calotype.validate import validate
from calotype.workflow import read


def to(end):
    return {"from": end}


def parts(vae="checkpoint.vae", **changed):
    return {
        "checkpoint": {"type": "CheckpointLoader", "inputs": {"checkpoint": "sd15.st"}},
        "xl": {"type": "CheckpointLoader", "inputs": {"checkpoint": "xl.st"}},
        "words": {"type": "TextEncode", "inputs": {"text": "a cat", "clip": to("checkpoint.clip")}},
        "others": {"type": "TextEncode", "inputs": {"text": "a cat", "clip": to("xl.clip")}},
        "guider": {
            "type": "BasicGuider",
            "inputs": {"model": to("checkpoint.model"), "conditioning": to("words.conditioning")},
        },
        "noise": {"type": "RandomNoise", "inputs": {}},
        "how": {"type": "KSamplerSelect", "inputs": {}},
        "levels": {"type": "KarrasScheduler", "inputs": {}},
        "empty": {"type": "EmptyLatent", "inputs": {}},
        "sampler": {
            "type": "SamplerCustomAdvanced",
            "inputs": {
                "noise": to("noise.noise"),
                "guider": to("guider.guider"),
                "latent": to("empty.latent"),
                "sampler": to("how.sampler"),
                "sigmas": to("levels.sigmas"),
            },
        },
        "decode": {"type": "VAEDecode", "inputs": {"latent": to("sampler.latent"), "vae": to(vae)}},
        "save": {"type": "SaveImage", "inputs": {"images": [to("decode.image")]}},
    } | changed


@pytest.fixture(scope="module")
def built_in():
    return discover().registry


def found(nodes, registry, inspect):
    problems = validate(read({"calotype": 1, "nodes": nodes}), registry, None, inspect).problems
    return [(p.code, p.node, p.input) for p in problems if p.code == "family-mismatch"]


def test_parts_of_one_family_go_together(built_in, inspect):
    assert found(parts(), built_in, inspect) == []


def test_a_conditioning_of_another_family_is_refused_at_the_guider(built_in, inspect):
    guider = {
        "type": "BasicGuider",
        "inputs": {"model": to("checkpoint.model"), "conditioning": to("others.conditioning")},
    }
    assert found(parts(guider=guider), built_in, inspect) == [("family-mismatch", "guider", "conditioning")]


def test_a_vae_of_another_family_is_refused_behind_a_sampler_in_parts(built_in, inspect):
    assert found(parts(vae="xl.vae"), built_in, inspect) == [("family-mismatch", "decode", "vae")]


def test_models_of_two_families_are_not_merged(built_in, inspect):
    merge = {"type": "ModelMerge", "inputs": {"model": to("checkpoint.model"), "other": to("xl.model")}}
    save = {"type": "BasicGuider", "inputs": {"model": to("merge.model"), "conditioning": to("words.conditioning")}}
    nodes = {**parts(), "merge": merge, "guider": save}
    assert found(nodes, built_in, inspect) == [("family-mismatch", "merge", "other")]
