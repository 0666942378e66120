"""A file in a folder for something else is named before anything is loaded."""

import re
from itertools import product

import pytest

from calotype.diffusion.families import FAMILIES, others
from calotype.diffusion.kinds import family_in, lacks
from calotype.errors import ModelError


@pytest.fixture(scope="module")
def files(tiny, tmp_path_factory):
    root = tmp_path_factory.mktemp("kinds")
    checkpoint = tiny.sd1_shapes()
    lora = {"lora_te_text_model_encoder_layers_0_self_attn_q_proj": (64, 64)}
    shapes = {
        "checkpoints": checkpoint,
        "unet": {k.removeprefix("model.diffusion_model."): v for k, v in checkpoint.items() if "diffusion" in k},
        "clip": tiny.clip_shapes(),
        "vae": tiny.vae_shapes(),
        "controlnet": tiny.under("control_model", tiny.control_shapes(tiny.unet_shapes())),
        "loras": tiny.lora_shapes(lora),
    }
    return {folder: tiny.saved(root / f"{folder}.safetensors", one) for folder, one in shapes.items()}


FOLDERS = ("checkpoints", "unet", "clip", "vae", "controlnet", "loras")
SERVES = {(folder, folder) for folder in FOLDERS} | {
    ("unet", "checkpoints"), ("clip", "checkpoints"), ("vae", "checkpoints"), ("checkpoints", "unet")
}  # fmt: skip


@pytest.mark.parametrize(("folder", "kind"), tuple(product(FOLDERS, FOLDERS)))
def test_a_file_is_taken_where_it_has_what_its_folder_is_for(folder, kind, files):
    if (folder, kind) in SERVES:
        assert family_in(folder, files[kind])
        return
    with pytest.raises(
        ModelError, match=rf'^{kind}\.safetensors .*; it has: .*\. Put it in "{kind}" and take \w+Loader'
    ):
        family_in(folder, files[kind])


@pytest.mark.parametrize(
    ("start", "remedy"),
    [
        (b"version https://git-lfs.github.com/spec/v1", 'Run "git lfs pull"'),
        (b"<!DOCTYPE html><html>", "Download it again"),
        (b"PK\x03\x04" + bytes(20), "look for the .safetensors version"),
    ],
)
def test_what_is_no_model_is_named_with_what_to_do(start, remedy, tmp_path):
    path = tmp_path / "it.safetensors"
    path.write_bytes(start)
    with pytest.raises(ModelError, match=remedy):
        family_in("checkpoints", path)


def strange(tiny):
    """Family -> tensors of a denoiser of it, for those that are known by name alone."""
    shapes = {family: dict.fromkeys(names[:1], (2, 2)) for family, names in others.MARKS}
    return shapes | {
        "sd2-unclip": tiny.unet_shapes(linear=True, sizes=96),
        "sd-upscaler": tiny.unet_shapes(channels=7),
        "svd": tiny.unet_shapes() | {"input_blocks.1.0.time_stack.in_layers.0.weight": (2, 2)},
    }


def test_what_is_known_by_name_alone_is_refused_before_anything_is_loaded(tiny, tmp_path):
    for family, shapes in strange(tiny).items():
        path = tiny.saved(tmp_path / f"{family}.safetensors", shapes)
        title = re.escape(FAMILIES[family].title)
        with pytest.raises(ModelError, match=rf"^{path.name} is recognised as {title}, which this version cannot run"):
            family_in("unet", path)
    assert set(strange(tiny)) == {name for name, family in FAMILIES.items() if not (family.runs or family.alone)}


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("lora_controlnet", "input_hint_block.0.weight"), "control-LoRA for SD 1.x, .* Use a whole ControlNet"),
        (("controlnet_x_embedder.weight", "txt_norm.weight"), "ControlNet for Qwen-Image, .* Qwen-Image-Edit instead"),
        (("control_layers.0.before_proj.weight",), "ControlNet for Z-Image, .* Use a ControlNet with SDXL"),
    ],
)
def test_a_kind_of_controlnet_that_is_known_by_name_alone_is_refused_too(names, said, tiny, tmp_path):
    path = tiny.saved(tmp_path / "net.safetensors", dict.fromkeys(names, (1,)))
    with pytest.raises(ModelError, match=rf"^net\.safetensors is a {said}"):
        family_in("controlnet", path)


def saved(tiny, tmp_path, shapes, *without):
    kept = {name: shape for name, shape in shapes.items() if not name.startswith(without)}
    return tiny.saved(tmp_path / "it.safetensors", kept)


@pytest.mark.parametrize(
    ("shapes", "without", "part", "missing"),
    [
        ("sd1_shapes", "first_stage_model", "vae", 'it.safetensors has no VAE. .* "vae" and take VAELoader.'),
        ("sd1_shapes", "cond_stage", "text_encoder", "SD 1.x needs: CLIP-L. .* take ClipLoader."),
        ("sdxl_shapes", "conditioner.embedders.1", "text_encoder", "SDXL needs: OpenCLIP .* take DualClipLoader."),
        ("sdxl_shapes", "nothing", "text_encoder", "^$"),
        ("sd1_shapes", "nothing", "vae", "^$"),
    ],
)
def test_what_a_checkpoint_lacks_is_said_with_where_to_get_it(shapes, without, part, missing, tiny, tmp_path):
    said = lacks(saved(tiny, tmp_path, getattr(tiny, shapes)(), without), part)
    assert re.search(missing, said)
