"""ControlNets and LoRAs of SD 2.x, whose U-Net projects by matrices: narrow models against diffusers' own."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import load_file

from calotype.diffusion.loading import load
from calotype.types import ControlNet, FileRef, Model, Patch

CPU = torch.device("cpu")
WORDS = 1024  # features of a token, by which a LoRA's family shows
TO_K = "mid_block.attentions.0.transformer_blocks.0.attn2.to_k"


@pytest.fixture(scope="module")
def root(tiny, tmp_path_factory):
    root = tmp_path_factory.mktemp("two")
    unet = tiny.unet_shapes((64, 64, 128, 128), WORDS, linear=True)
    tiny.saved(root / "checkpoints" / "two.safetensors", tiny.under("model.diffusion_model", unet))
    tiny.saved(root / "controlnet" / "two.safetensors", tiny.under("control_model", tiny.control_shapes(unet)))
    return root


def loaded(root, recipe):
    return load(recipe, lambda f: root / f.folder / f.name, CPU)


def test_an_sd2_controlnet_is_the_one_of_diffusers(root):
    from diffusers.loaders.single_file_utils import convert_controlnet_checkpoint
    from diffusers.models.controlnets.controlnet import ControlNetModel

    control = loaded(root, ControlNet(FileRef("controlnet", "two.safetensors"), "sd2"))
    theirs = ControlNetModel.from_config(control.module.config)
    weights = load_file(root / "controlnet" / "two.safetensors")
    theirs.load_state_dict(convert_controlnet_checkpoint(weights, dict(control.module.config)))
    x, t, tokens, hint = (
        torch.randn(1, 4, 8, 8),
        torch.tensor([5.0]),
        torch.randn(1, 77, WORDS),
        torch.rand(1, 3, 64, 64),
    )
    with torch.no_grad():
        _, middle = theirs.float().eval()(x, t, tokens, hint, return_dict=False)
    got = control.residuals(x, t, tokens, hint).middle
    assert float((got - middle).norm() / middle.norm()) < 1e-5


def test_a_lora_for_sd2_changes_its_weights(root, tiny):
    file = FileRef("loras", "two.safetensors")
    shapes = tiny.lora_shapes({f"lora_unet_{TO_K.replace('.', '_')}": (128, WORDS)})
    tiny.saved(root / "loras" / "two.safetensors", shapes)
    model = Model(FileRef("checkpoints", "two.safetensors"), "sd2")
    said = load_file(root / "loras" / "two.safetensors")
    up, down, alpha = (
        next(t for n, t in said.items() if n.endswith(e)).float() for e in ("up.weight", "down.weight", "alpha")
    )
    plain, changed = (
        loaded(root, one).module.get_parameter(f"{TO_K}.weight") for one in (model, model.patched(Patch("lora", file)))
    )
    assert torch.allclose(changed - plain, alpha / 2 * up @ down, atol=1e-6)
