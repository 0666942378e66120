"""ControlNets and LoRAs of SD 2.x and the SDXL refiner: narrow models against diffusers' own."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import load_file

from calotype.diffusion.families.inspect import family_of
from calotype.diffusion.loading import load
from calotype.types import ControlNet, FileRef, Model, Patch

CPU = torch.device("cpu")
WORDS, REFINED = 1024, 1280  # features of a token, by which a LoRA's family shows
TO_K = "mid_block.attentions.0.transformer_blocks.0.attn2.to_k"


@pytest.fixture(scope="module")
def root(tiny, tmp_path_factory):
    root = tmp_path_factory.mktemp("two")
    unet = tiny.unet_shapes((64, 64, 128, 128), WORDS, linear=True)
    refiner = tiny.unet_shapes((32, 32, 128, 128), REFINED, (0, 1, 1, 0), layers=1, linear=True, sizes=96)
    for name, shapes in (("two", unet), ("refiner", refiner)):
        tiny.saved(root / "checkpoints" / f"{name}.safetensors", tiny.under("model.diffusion_model", shapes))
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


@pytest.mark.parametrize(("name", "family", "words"), [("two", "sd2", WORDS), ("refiner", "sdxl-refiner", REFINED)])
def test_a_lora_for_a_wide_text_encoder_changes_its_weights(root, tiny, name, family, words):
    file = FileRef("loras", f"{name}.safetensors")
    shapes = tiny.lora_shapes({f"lora_unet_{TO_K.replace('.', '_')}": (128, words)})
    path = tiny.saved(root / "loras" / f"{name}.safetensors", shapes)
    assert family_of(path) == family
    model = Model(FileRef("checkpoints", f"{name}.safetensors"), family)
    said = load_file(path)
    up, down, alpha = (
        next(t for n, t in said.items() if n.endswith(e)).float() for e in ("up.weight", "down.weight", "alpha")
    )
    plain, changed = (
        loaded(root, one).module.get_parameter(f"{TO_K}.weight") for one in (model, model.patched(Patch("lora", file)))
    )
    assert torch.allclose(changed - plain, alpha / 2 * up @ down, atol=1e-6)
