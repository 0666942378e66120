"""Nodes that put patches on recipes: what they add, and that nothing is loaded for it."""

import pytest

from calotype.diffusion.changes.table import TABLE
from calotype.parts import LatentOperation
from calotype.types import Clip, FileRef, Model, Patch
from calotype_nodes.attention import (
    AttentionOutputScale,
    ClipAttentionScale,
    CrossAttentionScale,
    SelfAttentionScale,
)
from calotype_nodes.guidance import (
    BatchLinearCFG,
    BatchTriangleCFG,
    CFGNorm,
    CFGZeroStar,
    FrequencyScaling,
    NoiseScaling,
    PerturbedAttentionGuidance,
    PositiveGuidance,
    ProjectedGuidance,
    RenormCFG,
    RescaleCFG,
    SelfAttentionGuidance,
    SkipLayerGuidance,
    SkipLayersNegative,
    TangentialDampingCFG,
)
from calotype_nodes.latent_operations import GuidanceApply
from calotype_nodes.merging import (
    ClipMerge,
    ClipMergeAdd,
    ClipMergeSubtract,
    ModelBelowNoise,
    ModelMerge,
    ModelMergeAdd,
    ModelMergeBlocks,
    ModelMergeLayers,
    ModelMergeSubtract,
)
from calotype_nodes.model_changes import (
    DeepShrink,
    DifferentialDiffusion,
    EasyCache,
    FreeU,
    FreeUV2,
    HyperTile,
    LazyCache,
    ModelSamplingContinuous,
    ModelSamplingFlux,
    ModelSamplingLCM,
    ModelSamplingShift,
    TokenMerging,
)

A, B = FileRef("checkpoints", "a.safetensors", "blake3:00"), FileRef("checkpoints", "b.safetensors", "blake3:11")
MODEL, OTHER = Model(A, "sd1", (Patch("lora", B),)), Model(B, "sd1")
CLIP, OTHER_CLIP = Clip(A, "sd1"), Clip(B, "sd1")
BLOCKS = {"double": "1, 2", "single": "3", "start": 0.1, "end": 0.5}
FACTORS = {"b1": 1.1, "b2": 1.2, "s1": 0.9, "s2": 0.2}
FLUX = {"max_shift": 1.2, "base_shift": 0.4, "width": 512, "height": 768}
BANDS = {"low": 0.5, "high": 2.0, "cutoff": 3}
TILES = {"size": 128, "choices": 3, "depth": 1, "larger": True}
SHRINK = {"block": 4, "factor": 1.5, "start": 0.1, "end": 0.5, "after_skip": False, "down": "area", "up": "bislerp"}
QKV = {"q": 1.1, "k": 1.2, "v": 0.9, "out": 0.8}
NODES = [
    (RescaleCFG(model=MODEL, share=0.5), "rescale_cfg", {"share": 0.5}),
    (RenormCFG(model=MODEL, until=1.0, limit=2.0), "renorm_cfg", {"until": 1.0, "limit": 2.0}),
    (
        ProjectedGuidance(model=MODEL, eta=0.5, limit=2.0, momentum=-0.5),
        "projected_guidance",
        {"eta": 0.5, "limit": 2.0, "momentum": -0.5},
    ),
    (TangentialDampingCFG(model=MODEL), "tangential_damping", {}),
    (CFGZeroStar(model=MODEL), "cfg_zero_star", {}),
    (CFGNorm(model=MODEL, strength=0.5), "cfg_norm", {"strength": 0.5}),
    (PositiveGuidance(model=MODEL), "positive_guidance", {}),
    (PerturbedAttentionGuidance(model=MODEL, scale=2.0), "perturbed_attention", {"scale": 2.0}),
    (SelfAttentionGuidance(model=MODEL, scale=0.3, blur=1.5), "self_attention", {"scale": 0.3, "blur": 1.5}),
    (
        SkipLayerGuidance(model=MODEL, scale=2.0, rescaling=0.1, **BLOCKS),
        "skip_layers",
        {**BLOCKS, "scale": 2.0, "rescaling": 0.1},
    ),
    (SkipLayersNegative(model=MODEL, **BLOCKS), "skip_layers", BLOCKS),
    (FreeU(model=MODEL), "freeu", {**FACTORS, "by_structure": False}),
    (FreeUV2(model=MODEL, **FACTORS), "freeu", {**FACTORS, "by_structure": True}),
    (DifferentialDiffusion(model=MODEL, strength=0.5), "differential", {"strength": 0.5}),
    (EasyCache(model=MODEL), "easy_cache", {"threshold": 0.2, "start": 0.15, "end": 0.95}),
    (LazyCache(model=MODEL, threshold=1.0), "lazy_cache", {"threshold": 1.0, "start": 0.15, "end": 0.95}),
    (ModelSamplingShift(model=MODEL, shift=1.73), "sampling", {"levels": "shift", "shift": 1.73}),
    (ModelSamplingFlux(model=MODEL, **FLUX), "sampling", {"levels": "flux", **FLUX}),
    (
        ModelSamplingContinuous(model=MODEL, prediction="edm", time="log", sigma_max=80.0, sigma_min=0.01),
        "sampling",
        {"levels": "edm", "predicts": "edm", "sigma_max": 80.0, "sigma_min": 0.01},
    ),
    (NoiseScaling(model=MODEL, factor=1.1), "noise_scaling", {"factor": 1.1}),
    (FrequencyScaling(model=MODEL, **BANDS), "frequency_scaling", BANDS),
    (BatchLinearCFG(model=MODEL, least=2.0), "cfg_along_batch", {"least": 2.0, "there_and_back": False}),
    (BatchTriangleCFG(model=MODEL, least=2.0), "cfg_along_batch", {"least": 2.0, "there_and_back": True}),
    (HyperTile(model=MODEL, **TILES), "hyper_tile", TILES),
    (TokenMerging(model=MODEL, ratio=0.5), "merged_tokens", {"ratio": 0.5}),
    (DeepShrink(model=MODEL, **SHRINK), "deep_shrink", SHRINK),
    (
        GuidanceApply(model=MODEL, operation=LatentOperation("tone_map", (("multiplier", 0.5),))),
        "latent_operation",
        {"operation": "tone_map", "multiplier": 0.5},
    ),
    (SelfAttentionScale(model=MODEL, **QKV), "attention", {"attention": "self", **QKV}),
    (CrossAttentionScale(model=MODEL, **QKV), "attention", {"attention": "cross", **QKV}),
    (ModelSamplingLCM(model=MODEL, zero_snr=True), "sampling", {"levels": "lcm", "zero_snr": True}),
]


@pytest.mark.parametrize(("node", "kind", "settings"), NODES, ids=lambda v: type(v).__name__)
def test_a_node_adds_one_patch_behind_the_others(node, kind, settings):
    assert node.run() == Model(A, "sd1", (*MODEL.patches, Patch(kind, settings=tuple(sorted(settings.items())))))


def test_every_kind_of_change_has_a_node():
    assert {kind for _, kind, _ in NODES} - {"sampling", "attention"} == set(TABLE)


MERGES = [
    (ModelMerge(model=MODEL, other=OTHER, share=0.75), {"keep": 0.75, "add": 0.25}),
    (ModelMergeAdd(model=MODEL, other=OTHER), {"keep": 1.0, "add": 1.0}),
    (ModelMergeSubtract(model=MODEL, other=OTHER, factor=0.5), {"keep": 0.5, "add": -0.5}),
    (
        ModelMergeBlocks(model=MODEL, other=OTHER, input=0.25, middle=0.5, out=1.0),
        {"shares": "input 0.25\nmiddle 0.5\nout 1.0"},
    ),
    (ModelMergeLayers(model=MODEL, other=OTHER, shares="out. 0.5"), {"shares": "out. 0.5"}),
]


def test_a_second_model_for_little_noise_is_a_patch():
    got = ModelBelowNoise(model=MODEL, other=OTHER, boundary=0.9).run()
    assert got == MODEL.patched(Patch("below", settings=(("boundary", 0.9),), other=OTHER))


CLIP_MERGES = [
    (ClipMerge(clip=CLIP, other=OTHER_CLIP, share=0.75), {"keep": 0.75, "add": 0.25}),
    (ClipMergeAdd(clip=CLIP, other=OTHER_CLIP), {"keep": 1.0, "add": 1.0}),
    (ClipMergeSubtract(clip=CLIP, other=OTHER_CLIP, factor=2.0), {"keep": 2.0, "add": -2.0}),
]


@pytest.mark.parametrize(("node", "settings"), [*MERGES, *CLIP_MERGES], ids=lambda v: type(v).__name__)
def test_a_merge_names_the_second_model_in_the_recipe_of_the_first(node, settings):
    merged = node.run()
    other = OTHER if isinstance(merged, Model) else OTHER_CLIP
    assert merged.patches[-1] == Patch("merge", settings=tuple(sorted(settings.items())), other=other)
    assert merged.file == A
    assert type(merged).from_dict(merged.to_dict()) == merged


def test_attention_of_text_encoders_and_what_comes_out_of_both_kinds():
    said = tuple(sorted({"attention": "text", **QKV}.items()))
    assert ClipAttentionScale(clip=CLIP, **QKV).run() == CLIP.patched(Patch("attention", settings=said))
    both = AttentionOutputScale(model=MODEL, self_attention=0.5, cross_attention=2.0).run()
    assert [dict(p.settings) for p in both.patches[1:]] == [
        {"attention": "self", "out": 0.5},
        {"attention": "cross", "out": 2.0},
    ]
