"""The older form of Perp-Neg becomes a guider where that is the same."""

import pytest

from calotype_comfyui import IMPORTERS

SCENE = {
    "m": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "base.safetensors"}},
    "p": {"class_type": "CLIPTextEncode", "inputs": {"clip": ["m", 1], "text": "a cat"}},
    "n": {"class_type": "CLIPTextEncode", "inputs": {"clip": ["m", 1], "text": "grey"}},
    "e": {"class_type": "CLIPTextEncode", "inputs": {"clip": ["m", 1], "text": ""}},
    "l": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 1}},
    "o": {"class_type": "PerpNeg", "inputs": {"model": ["m", 0], "empty_conditioning": ["e", 0], "neg_scale": 0.5}},
}
PROMPTS = {"positive": ["p", 0], "negative": ["n", 0]}
SIMPLE = {
    "class_type": "KSampler",
    "inputs": {
        **{"model": ["o", 0], **PROMPTS, "latent_image": ["l", 0]},
        **{"seed": 3, "steps": 9, "cfg": 6.0, "sampler_name": "heun", "scheduler": "karras", "denoise": 0.5},
    },
}
GUIDER = {
    "type": "PerpNegGuider",
    "inputs": {
        "model": {"from": "m.model"},
        "positive": {"from": "p.conditioning"},
        "negative": {"from": "n.conditioning"},
        "empty": {"from": "e.conditioning"},
        "cfg": 6,
        "scale": 0.5,
    },
}


def converted(**boxes):
    got = IMPORTERS[0].convert(SCENE | boxes)
    return {id: node for id, node in got.document["nodes"].items() if id not in "mpnel"}, got.report


def changed(box, **inputs):
    return box | {"inputs": box["inputs"] | inputs}


def test_a_sampler_becomes_one_in_parts():
    nodes, report = converted(x=SIMPLE, x_noise={"class_type": "DisableNoise", "inputs": {}})
    assert nodes == {
        "x": {
            "type": "SamplerCustomAdvanced",
            "inputs": {
                "noise": {"from": "x_noise_.noise"},
                "guider": {"from": "x_guider.guider"},
                "sampler": {"from": "x_sampler.sampler"},
                "sigmas": {"from": "x_sigmas.sigmas"},
                "latent": {"from": "l.latent"},
            },
        },
        "x_guider": GUIDER,
        "x_sampler": {"type": "KSamplerSelect", "inputs": {"sampler": "heun"}},
        "x_sigmas": {
            "type": "BasicScheduler",
            "inputs": {"model": {"from": "m.model"}, "scheduler": "karras", "steps": 9, "denoise": 0.5},
        },
        "x_noise": {"type": "DisableNoise", "inputs": {}},
        "x_noise_": {"type": "RandomNoise", "inputs": {"seed": 3}},
    }
    assert report.complete and [note.message for note in report.notes] == [
        "Perp-Neg was a change of its model, and is its guider here"
    ]


def test_what_is_in_parts_already_gets_its_guider():
    parts = {
        "k": {"class_type": "KSamplerSelect", "inputs": {"sampler_name": "heun"}},
        "s": {"class_type": "BasicScheduler", "inputs": {"model": ["o", 0], "scheduler": "karras", "steps": 9}},
        "r": {"class_type": "RandomNoise", "inputs": {"noise_seed": 3}},
        "g": {"class_type": "CFGGuider", "inputs": {"model": ["o", 0], **PROMPTS, "cfg": 6.0}},
    }
    ends = {"sampler": ["k", 0], "sigmas": ["s", 0], "latent_image": ["l", 0]}
    advanced = {"class_type": "SamplerCustomAdvanced", "inputs": {"noise": ["r", 0], "guider": ["g", 0], **ends}}
    nodes, _ = converted(**parts, x=advanced)
    assert nodes["g"] == GUIDER and nodes["x"]["inputs"]["guider"] == {"from": "g.guider"}
    assert nodes["s"]["inputs"]["model"] == {"from": "m.model"} and "o" not in nodes
    custom = {"class_type": "SamplerCustom", "inputs": {"model": ["o", 0], "cfg": 6.0, **PROMPTS, **ends}}
    nodes, _ = converted(**{n: parts[n] for n in "ks"}, x=changed(custom, noise_seed=3, add_noise=False))
    assert nodes["x_guider"] == GUIDER and nodes["x_noise"] == {"type": "DisableNoise", "inputs": {}}
    assert nodes["x"]["inputs"]["sigmas"] == {"from": "s.sigmas"}


@pytest.mark.parametrize("other", [{"cfg": 1.0}, {"sampler_name": "dpm_2"}, {"cfg": ["m", 0]}])
def test_what_would_differ_stays(other):
    nodes, report = converted(x=changed(SIMPLE, **other))
    assert nodes["x"]["type"] == "KSampler" and report.unknown == {"o": "PerpNeg"}


def test_a_model_that_goes_elsewhere_too_stays_for_that():
    lora = {"class_type": "LoraLoaderModelOnly", "inputs": {"model": ["o", 0], "lora_name": "a", "strength_model": 1.0}}
    nodes, report = converted(x=SIMPLE, y=lora)
    assert nodes["x"]["type"] == "SamplerCustomAdvanced" and report.unknown == {"o": "PerpNeg"}
