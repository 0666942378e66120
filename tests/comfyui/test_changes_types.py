"""Types for what changes a model or latents, for properties of conditionings, and for planes of pictures, whole.

`*` stands for a link, to the next output of node 9.
"""

from itertools import count

import pytest

from calotype_comfyui import IMPORTERS
from calotype_comfyui.changes_table import CHANGES_TABLE, HOOKS

QKV = {"q": 1.1, "k": 1.2, "v": 0.9, "out": 0.8}
BOX = {"strength": 0.5, "set_cond_area": "mask bounds"}
SAID = {"strength": 0.5, "bounds": True}
CASES = {
    "ConditioningTimestepsRange": (
        {"start_percent": 0.1, "end_percent": 0.9}, "TimeRanges", {"start": 0.1, "end": 0.9},
    ),
    "EasyCache": (
        {"model": "*", "reuse_threshold": 0.3, "start_percent": 0.1, "end_percent": 0.9, "verbose": True},
        "EasyCache",
        {"model": "*", "threshold": 0.3, "start": 0.1, "end": 0.9},
    ),
    "LazyCache": (
        {"model": "*", "reuse_threshold": 0.3, "start_percent": 0.1, "end_percent": 0.9, "verbose": False},
        "LazyCache",
        {"model": "*", "threshold": 0.3, "start": 0.1, "end": 0.9},
    ),
    "ConditioningSetProperties": (
        {"cond_NEW": "*", "mask": "*", "timesteps": "*", **BOX},
        "ConditioningProperties",
        {"conditioning": "*", "mask": "*", "times": "*", **SAID},
    ),
    "ConditioningSetPropertiesAndCombine": (
        {"cond": "*", "cond_NEW": "*", "mask": "*", "timesteps": "*", **BOX},
        "ConditioningPropertiesCombine",
        {"conditioning": "*", "other": "*", "mask": "*", "times": "*", **SAID},
    ),
    "PairConditioningSetProperties": (
        {"positive_NEW": "*", "negative_NEW": "*", "mask": "*", "timesteps": "*", **BOX},
        "ConditioningPairProperties",
        {"positive": "*", "negative": "*", "mask": "*", "times": "*", **SAID},
    ),
    "PairConditioningSetPropertiesAndCombine": (
        {"positive": "*", "negative": "*", "positive_NEW": "*", "negative_NEW": "*", "mask": "*", **BOX},
        "ConditioningPairPropertiesCombine",
        {"positive": "*", "negative": "*", "other_positive": "*", "other_negative": "*", "mask": "*", **SAID},
    ),
    "PairConditioningCombine": (
        {"positive_A": "*", "negative_A": "*", "positive_B": "*", "negative_B": "*"},
        "ConditioningPairCombine",
        {"positive": "*", "negative": "*", "other_positive": "*", "other_negative": "*"},
    ),
    "ConditioningSetDefaultCombine": (
        {"cond": "*", "cond_DEFAULT": "*"}, "ConditioningElsewhere", {"conditioning": "*", "other": "*"},
    ),
    "PairConditioningSetDefaultCombine": (
        {"positive": "*", "negative": "*", "positive_DEFAULT": "*", "negative_DEFAULT": "*"},
        "ConditioningPairElsewhere",
        {"positive": "*", "negative": "*", "other_positive": "*", "other_negative": "*"},
    ),
    "Epsilon Scaling": ({"model": "*", "scaling_factor": 1.1}, "NoiseScaling", {"model": "*", "factor": 1.1}),
    "FreSca": (
        {"model": "*", "scale_low": 0.5, "scale_high": 2.0, "freq_cutoff": 3},
        "FrequencyScaling",
        {"model": "*", "low": 0.5, "high": 2.0, "cutoff": 3},
    ),
    "VideoLinearCFGGuidance": ({"model": "*", "min_cfg": 2.0}, "BatchLinearCFG", {"model": "*", "least": 2.0}),
    "VideoTriangleCFGGuidance": ({"model": "*", "min_cfg": 2.0}, "BatchTriangleCFG", {"model": "*", "least": 2.0}),
    "UNetSelfAttentionMultiply": ({"model": "*", **QKV}, "SelfAttentionScale", {"model": "*", **QKV}),
    "UNetCrossAttentionMultiply": ({"model": "*", **QKV}, "CrossAttentionScale", {"model": "*", **QKV}),
    "UNetTemporalAttentionMultiply": (
        {"model": "*", "self_structural": 0.5, "self_temporal": 1.0, "cross_structural": 2.0, "cross_temporal": 1.0},
        "AttentionOutputScale",
        {"model": "*", "self_attention": 0.5, "cross_attention": 2.0},
    ),
    "CLIPAttentionMultiply": ({"clip": "*", **QKV}, "ClipAttentionScale", {"clip": "*", **QKV}),
    "HyperTile": (
        {"model": "*", "tile_size": 128, "swap_size": 3, "max_depth": 1, "scale_depth": True},
        "HyperTile",
        {"model": "*", "size": 128, "choices": 3, "depth": 1, "larger": True},
    ),
    "TomePatchModel": ({"model": "*", "ratio": 0.5}, "TokenMerging", {"model": "*", "ratio": 0.5}),
    "PatchModelAddDownscale": (
        {"model": "*", "block_number": 4, "downscale_factor": 1.5, "start_percent": 0.1, "end_percent": 0.5,
         "downscale_after_skip": False, "downscale_method": "area", "upscale_method": "bislerp"},
        "DeepShrink",
        {"model": "*", "block": 4, "factor": 1.5, "start": 0.1, "end": 0.5, "after_skip": False, "down": "area",
         "up": "bislerp"},
    ),
    "LatentApplyOperationCFG": (
        {"model": "*", "operation": "*"}, "GuidanceApply", {"model": "*", "operation": "*"},
    ),
    "LatentApplyOperation": (
        {"samples": "*", "operation": "*"}, "LatentApply", {"latent": "*", "operation": "*"},
    ),
    "LatentOperationTonemapReinhard": ({"multiplier": 0.5}, "LatentOperationToneMap", {"multiplier": 0.5}),
    "LatentOperationSharpen": (
        {"sharpen_radius": 3, "sigma": 0.5, "alpha": 0.2},
        "LatentOperationSharpen",
        {"radius": 3, "sigma": 0.5, "amount": 0.2},
    ),
    "LatentCut": (
        {"samples": "*", "dim": "y", "index": -3, "amount": 2},
        "LatentCut",
        {"latent": "*", "side": "height", "index": -3, "count": 2},
    ),
    "SaveLatent": (
        {"samples": "*", "filename_prefix": "latents/a"}, "SaveLatent", {"latent": "*", "prefix": "latents/a"},
    ),
    "LoadLatent": ({"latent": "a.latent [input]"}, "LoadLatent", {"file": {"file": "a.latent"}}),
    "SamplerLCMUpscale": (
        {"scale_ratio": 2.0, "scale_steps": 3, "upscale_method": "area"},
        "SamplerLCMGrowing",
        {"scale": 2.0, "steps": 3, "method": "area"},
    ),
    "SamplerEulerCFGpp": ({"version": "alternative"}, "SamplerEulerCFGPP", {"alternative": True}),
    "LTXVScheduler": (
        {"latent": "*", "steps": 9, "max_shift": 2.0, "base_shift": 1.0, "stretch": False, "terminal": 0.2},
        "LTXVScheduler",
        {"latent": "*", "steps": 9, "max_shift": 2.0, "base_shift": 1.0, "stretch": False, "terminal": 0.2},
    ),
    "Morphology": (
        {"image": "*", "operation": "top_hat", "kernel_size": 5},
        "ImageMorphology",
        {"image": "*", "operation": "top_hat", "size": 5},
    ),
    "ImageRGBToYUV": ({"image": "*"}, "ImageToYUV", {"image": "*"}),
    "ImageYUVToRGB": ({"Y": "*", "U": "*", "V": "*"}, "ImageFromYUV", {"y": "*", "u": "*", "v": "*"}),
    "ImageQuantize": (
        {"image": "*", "colors": 7, "dither": "bayer-8"},
        "ImageQuantise",
        {"image": "*", "colours": 7, "pattern": "bayer-8", "dither": True},
    ),
    "PorterDuffImageComposite": (
        {"source": "*", "source_alpha": "*", "destination": "*", "destination_alpha": "*", "mode": "SRC_OVER"},
        "ImagePorterDuff",
        {"over": "*", "over_mask": "*", "under": "*", "under_mask": "*", "mode": "over_over"},
    ),
}  # fmt: skip


def linked(inputs, link):
    numbers = count()
    return {name: link(next(numbers)) if value == "*" else value for name, value in inputs.items()}


@pytest.mark.parametrize("kind", CASES)
def test_a_type_becomes_its_counterpart_with_every_value(kind):
    inputs, ours, expected = CASES[kind]
    box = {"class_type": kind, "inputs": linked(inputs, lambda n: ["9", n])}
    got = IMPORTERS[0].convert({"7": box})
    said = linked(expected, lambda n: {"from": f"9.output_{n}"})
    assert got.document == {"calotype": 1, "nodes": {"7": {"type": ours, "inputs": said}}}
    assert got.report.mapped == {"7": (kind, ours)}
    assert [n.message for n in got.report.notes if n.warning] == []


def test_every_type_has_a_case():
    assert {kind.removesuffix(" (bayer)") for kind in CHANGES_TABLE} == set(CASES)


def test_hooks_are_said_to_be_left_out(imported):
    inputs = {"cond": ["9", 0], "cond_DEFAULT": ["9", 1], "hooks": ["9", 2]}
    document, report = imported({"7": {"class_type": "ConditioningSetDefaultCombine", "inputs": inputs}})
    assert set(document["nodes"]["7"]["inputs"]) == {"conditioning", "other"}
    assert HOOKS in [n.message for n in report.notes]


@pytest.mark.parametrize(("dtype", "said"), [("default", []), ("fp16", ["7"])])
def test_what_only_says_how_a_model_is_computed_is_passed_by(imported, dtype, said):
    document, report = imported(
        {
            "6": {"class_type": "TorchCompileModel", "inputs": {"model": ["9", 0], "backend": "inductor"}},
            "7": {"class_type": "ModelComputeDtype", "inputs": {"model": ["6", 0], "dtype": dtype}},
            "8": {"class_type": "FreeU", "inputs": {"model": ["7", 0], "b1": 1.1, "b2": 1.2, "s1": 0.9, "s2": 0.2}},
        }
    )
    assert list(document["nodes"]) == ["8"]
    assert document["nodes"]["8"]["inputs"]["model"] == {"from": "9.output_0"}
    assert [n.node for n in report.notes if n.warning] == said
