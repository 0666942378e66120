"""Samplers that ComfyUI spreads over several nodes, put together where that is the same."""

import pytest

PARTS = {
    "m": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "base.safetensors"}},
    "p": {"class_type": "CLIPTextEncode", "inputs": {"clip": ["m", 1], "text": "a cat"}},
    "n": {"class_type": "CLIPTextEncode", "inputs": {"clip": ["m", 1], "text": ""}},
    "l": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 1}},
    "k": {"class_type": "KSamplerSelect", "inputs": {"sampler_name": "heun"}},
    "s": {
        "class_type": "BasicScheduler",
        "inputs": {"model": ["m", 0], "scheduler": "karras", "steps": 9, "denoise": 0.5},
    },
    "r": {"class_type": "RandomNoise", "inputs": {"noise_seed": 3}},
    "g": {
        "class_type": "CFGGuider",
        "inputs": {"model": ["m", 0], "positive": ["p", 0], "negative": ["n", 0], "cfg": 6.0},
    },
    "b": {"class_type": "BasicGuider", "inputs": {"model": ["m", 0], "conditioning": ["p", 0]}},
    "v": {"class_type": "VAEDecode", "inputs": {"samples": ["x", 1], "vae": ["m", 2]}},
}
CUSTOM = {
    "class_type": "SamplerCustom",
    "inputs": {
        "model": ["m", 0],
        "add_noise": True,
        "noise_seed": 3,
        "cfg": 6.0,
        "positive": ["p", 0],
        "negative": ["n", 0],
        "sampler": ["k", 0],
        "sigmas": ["s", 0],
        "latent_image": ["l", 0],
    },
}
ADVANCED = {
    "class_type": "SamplerCustomAdvanced",
    "inputs": {
        "noise": ["r", 0],
        "guider": ["g", 0],
        "sampler": ["k", 0],
        "sigmas": ["s", 0],
        "latent_image": ["l", 0],
    },
}
ONE_PROMPT = {**ADVANCED, "inputs": {**ADVANCED["inputs"], "guider": ["b", 0]}}


def with_parts(sampler, **changed):
    return {**PARTS, "x": sampler, **changed}


@pytest.mark.parametrize(("sampler", "negative", "cfg"), [(CUSTOM, "n", 6), (ADVANCED, "n", 6), (ONE_PROMPT, "p", 1)])
def test_the_parts_become_one_ksampler(imported, sampler, negative, cfg):
    document, report = imported(with_parts(sampler))
    assert document["nodes"]["x"] == {
        "type": "KSampler",
        "inputs": {
            "model": {"from": "m.model"},
            "positive": {"from": "p.conditioning"},
            "negative": {"from": f"{negative}.conditioning"},
            "latent": {"from": "l.latent"},
            "seed": 3,
            "steps": 9,
            "cfg": cfg,
            "sampler": "heun",
            "scheduler": "karras",
            "denoise": 0.5,
        },
    }
    assert set(document["nodes"]) == {"m", "p", "n", "l", "x", "v"}
    assert document["nodes"]["v"]["inputs"]["latent"] == {"from": "x.denoised"}
    assert report.complete


@pytest.mark.parametrize(
    "changed",
    [
        {"k": {"class_type": "KSamplerSelect", "inputs": {"sampler_name": "dpm_2"}}},  # KSampler leaves out a level
        {"k": {"class_type": "SamplerLMS", "inputs": {"order": 4}}},
        {"s": {"class_type": "KarrasScheduler", "inputs": {"steps": 9}}},
        {"s": {"class_type": "SplitSigmas", "inputs": {"sigmas": ["other", 0], "step": 2}}},
        {"s": {"class_type": "BasicScheduler", "inputs": {"model": ["other", 0], "steps": 9}}},
        {"x": {**CUSTOM, "inputs": {**CUSTOM["inputs"], "add_noise": False}}},
    ],
)
def test_what_would_not_be_the_same_stays_in_parts(imported, changed):
    document, report = imported(with_parts(CUSTOM, **changed))
    assert document["nodes"]["x"]["type"] == "SamplerCustom"
    assert {"k", "s", "x"} <= set(report.mapped)
    assert document["nodes"]["x"]["inputs"]["sampler"] == {"from": "k.sampler"}


@pytest.mark.parametrize(
    "changed",
    [
        {"k": {"class_type": "KSamplerSelect", "inputs": {"sampler_name": "euler_cfg_pp"}}},
        {"a": {"class_type": "SelfAttentionGuidance", "inputs": {"model": ["m", 0], "scale": 1.0, "blur_sigma": 2.0}}},
    ],
)
def test_what_looks_at_the_negative_estimate_keeps_a_guider_that_has_none(imported, changed):
    document, _ = imported(with_parts(ONE_PROMPT, **changed))
    assert document["nodes"]["x"]["type"] == "SamplerCustomAdvanced"
    document, _ = imported(with_parts(ADVANCED, **changed))
    assert document["nodes"]["x"]["type"] == "KSampler"
