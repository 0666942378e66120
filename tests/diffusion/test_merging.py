"""Merged models: weighted sums of the weights of two files, as patches of a recipe."""

import pytest
import torch
from safetensors.torch import load_file, save_file

from calotype.diffusion.layouts.back import block_name
from calotype.diffusion.loading import load
from calotype.diffusion.loading.merging import shares_in
from calotype.diffusion.loading.tensors import Shared
from calotype.errors import FamilyMismatch, ModelError
from calotype.types import Clip, FileRef, Model, Patch

CPU = torch.device("cpu")
TINY, DOUBLE = FileRef("checkpoints", "tiny.safetensors"), FileRef("checkpoints", "double.safetensors")
NAMES = {
    "in": "down_blocks.0.resnets.0.conv1.weight",
    "middle": "mid_block.attentions.0.proj_in.weight",
    "out": "up_blocks.1.resnets.2.conv2.weight",
    "last": "conv_out.weight",
    "time": "time_embedding.linear_1.weight",
}


@pytest.fixture(scope="module", autouse=True)
def double(models):
    """A file with every weight three times as large, in single precision."""
    tensors = load_file(models / "checkpoints" / "tiny.safetensors")
    save_file({k: v.float() * 3 for k, v in tensors.items()}, models / "checkpoints" / "double.safetensors")


def mix(other):
    """Half of either."""
    return Patch("merge", settings=(("add", 0.5), ("keep", 0.5)), other=other)


def merged(path_of, other, recipe=Model, **settings):
    patch = Patch("merge", settings=tuple(sorted(settings.items())), other=other)
    return load(recipe(TINY, "sd1", (patch,)), path_of, CPU)


def ratios(path_of, denoiser):
    """How much larger than in the first file each of some weights is."""
    plain = load(Model(TINY, "sd1"), path_of, CPU).module
    found = {}
    for short, name in NAMES.items():
        old, new = plain.get_parameter(name), denoiser.module.get_parameter(name)
        found[short] = round(float((new * old).sum() / (old * old).sum()), 4)
    return found


def test_weights_are_mixed_added_and_subtracted(path_of):
    other = Model(DOUBLE, "sd1")
    assert set(ratios(path_of, merged(path_of, other, keep=0.75, add=0.25)).values()) == {1.5}
    assert set(ratios(path_of, merged(path_of, other, keep=1.0, add=1.0)).values()) == {4.0}
    assert set(ratios(path_of, merged(path_of, other, keep=0.5, add=-0.5)).values()) == {-1.0}


def test_each_part_has_a_share_of_its_own(path_of):
    got = ratios(path_of, merged(path_of, Model(DOUBLE, "sd1"), shares="input 0.5\nmiddle 1.0\nout 0.0"))
    assert got == {"in": 2.0, "middle": 1.0, "out": 3.0, "last": 3.0, "time": 2.0}


def test_the_longest_name_that_fits_counts(path_of):
    shares = "time_embed. 1.0\ninput_blocks.1 0.5\noutput_blocks. 0.75\noutput_blocks.5. 0.25"
    got = ratios(path_of, merged(path_of, Model(DOUBLE, "sd1"), shares=shares))
    assert got == {"in": 2.0, "middle": 1.0, "out": 2.5, "last": 1.0, "time": 1.0}


def test_a_model_that_is_merged_in_may_be_merged_itself(path_of):
    difference = Model(
        DOUBLE, "sd1", (Patch("merge", settings=(("add", -1.0), ("keep", 1.0)), other=Model(TINY, "sd1")),)
    )
    assert set(ratios(path_of, merged(path_of, difference, keep=1.0, add=1.0)).values()) == {3.0}


def test_weights_that_stay_are_the_same_memory(path_of):
    shared = Shared()
    patch = Patch("merge", settings=(("shares", "input 1.0\nmiddle 0.5\nout 1.0"),), other=Model(DOUBLE, "sd1"))
    plain, mixed = (load(Model(TINY, "sd1", p), path_of, CPU, shared=shared).module for p in ((), (patch,)))
    same = {name: plain.get_parameter(name) is mixed.get_parameter(name) for name in NAMES.values()}
    assert same == {name: name != NAMES["middle"] for name in NAMES.values()}


def test_text_encoders_are_merged_alike(path_of):
    plain = load(Clip(TINY, "sd1"), path_of, CPU).encoders[0]
    mixed = merged(path_of, Clip(DOUBLE, "sd1"), Clip, keep=0.5, add=0.5).encoders[0]
    (name, old), new = (
        next((n, p) for n, p in plain.named_parameters() if n.endswith("fc1.weight")),
        dict(mixed.named_parameters()),
    )
    torch.testing.assert_close(new[name], old * 2, atol=1e-3, rtol=1e-3)


def test_a_lone_text_encoder_is_merged_with_that_of_a_checkpoint(path_of, models):
    prefix = "cond_stage_model.transformer."
    tensors = load_file(models / "checkpoints" / "double.safetensors")
    alone = {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
    save_file(alone, models / "checkpoints" / "lone-clip.safetensors")
    lone = Clip(FileRef("checkpoints", "lone-clip.safetensors"), "clip-l")
    weights = [
        dict(load(recipe, path_of, CPU).encoders[0].named_parameters())
        for recipe in (
            Clip(DOUBLE, "sd1", (mix(Clip(TINY, "sd1")),)),
            Clip(lone.file, "clip-l", (mix(Clip(TINY, "sd1")),)),
            Clip(TINY, "sd1", (mix(lone),)),
        )
    ]
    for name, weight in weights[0].items():
        torch.testing.assert_close(weights[1][name], weight)
        torch.testing.assert_close(weights[2][name], weight, atol=1e-2, rtol=1e-2)


def test_models_of_different_families_are_not_merged(path_of, models, tiny):
    tiny.saved(models / "checkpoints" / "xl.safetensors", tiny.sdxl_shapes())
    other = Model(FileRef("checkpoints", "xl.safetensors"), "sdxl")
    with pytest.raises(FamilyMismatch, match=r"xl.safetensors .SDXL.* cannot be merged into tiny.safetensors"):
        merged(path_of, other, keep=0.5, add=0.5)


def test_models_of_different_sizes_are_not_merged(path_of, models, tiny):
    shapes = tiny.under("model.diffusion_model", tiny.unet_shapes(widths=(64, 64), depths=(1, 0), layers=1))
    tiny.saved(models / "checkpoints" / "wide.safetensors", shapes)
    other = Model(FileRef("checkpoints", "wide.safetensors"), "sd1")
    said = (
        r"^wide.safetensors cannot be merged into tiny.safetensors: .* is \(32,\) in the first, \(64,\) in the second"
    )
    with pytest.raises(ModelError, match=said):
        merged(path_of, other, keep=0.5, add=0.5)


def test_a_line_that_names_no_share_is_said():
    assert shares_in("out. 0.5\n\n middle_block.1: 1") == {"out.": 0.5, "middle_block.1": 1.0}
    with pytest.raises(ModelError, match=r'the line "out\. half" is no name of a layer and a number'):
        shares_in("out. half")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("conv_in.weight", "input_blocks.0.0.weight"),
        ("down_blocks.1.resnets.0.conv1.weight", "input_blocks.4.0.conv1.weight"),
        ("down_blocks.1.attentions.1.proj_in.weight", "input_blocks.5.1.proj_in.weight"),
        ("down_blocks.0.downsamplers.0.conv.weight", "input_blocks.3.0.conv.weight"),
        ("mid_block.resnets.1.conv1.weight", "middle_block.2.conv1.weight"),
        ("up_blocks.0.upsamplers.0.conv.weight", "output_blocks.2.0.conv.weight"),
        ("conv_norm_out.bias", "out.0.bias"),
        ("joint_blocks.0.weight", "joint_blocks.0.weight"),
    ],
)
def test_names_are_those_of_the_original_code(ours, theirs):
    assert block_name(ours, layers=2) == theirs
