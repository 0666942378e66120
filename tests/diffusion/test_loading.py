"""The same weights through every layout, against modules that diffusers and transformers build themselves."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from safetensors.torch import load_file

from calotype.diffusion.control import refuse_other_size
from calotype.diffusion.denoiser import Denoiser
from calotype.diffusion.families.inspect import family_of
from calotype.diffusion.loading import Shared, load, size_of
from calotype.errors import FamilyMismatch, ModelError
from calotype.types import Clip, ControlNet, FileRef, Model, Patch, Vae

CPU = torch.device("cpu")
TINY = FileRef("checkpoints", "tiny.safetensors")


def error(a, b):
    return float((a - b).norm() / b.norm())


@pytest.fixture(scope="module")
def unet(models):
    return load(Model(TINY, "sd1"), lambda f: models / f.folder / f.name, CPU)


def test_a_single_file_gives_a_denoiser_of_its_own_sizes(unet):
    assert isinstance(unet, Denoiser)
    assert (unet.family, unet.dtype, unet.latent.scale, unet.in_channels) == ("sd1", torch.float32, 0.18215, 4)
    assert unet.module.config.block_out_channels == (32, 32, 64, 64)
    assert unet.module.config.cross_attention_dim == 64


def test_the_unet_is_the_one_that_diffusers_converts_from_the_same_file(models, unet):
    from diffusers.loaders.single_file_utils import convert_ldm_unet_checkpoint
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel

    weights = load_file(models / "checkpoints" / "tiny.safetensors")
    theirs = UNet2DConditionModel.from_config(unet.module.config)
    theirs.load_state_dict(convert_ldm_unet_checkpoint(weights, dict(unet.module.config)))
    x, t, tokens = torch.randn(2, 4, 8, 8), torch.tensor([3.0, 900.0]), torch.randn(2, 77, 64)
    with torch.no_grad():
        expected = theirs.float().eval()(x, t, tokens).sample
    assert error(unet.predict(x, t, tokens), expected) < 1e-5


def test_the_autoencoder_is_the_one_that_diffusers_converts_from_the_same_file(models, path_of):
    from diffusers.loaders.single_file_utils import convert_ldm_vae_checkpoint
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL

    vae = load(Vae(TINY, "sd1"), path_of, CPU)
    theirs = AutoencoderKL.from_config(vae.module.config)
    weights = load_file(models / "checkpoints" / "tiny.safetensors")
    theirs.load_state_dict(convert_ldm_vae_checkpoint(weights, dict(vae.module.config)))
    pixels = torch.rand(1, 40, 35, 3)
    with torch.no_grad():
        latents = theirs.float().encode(pixels[:, :, 1:33].movedim(-1, 1) * 2 - 1).latent_dist.mode()
        decoded = theirs.decode(latents).sample.movedim(1, -1) / 2 + 0.5
    assert error(vae.encode(pixels), latents) < 1e-5
    assert error(vae.decode(latents), decoded.clamp(0, 1)) < 1e-5


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ((1, 16, 4, 4), "these latents have 16 channels, this VAE's have 4; take the VAE of the model"),
        ((1, 4, 3, 4, 4), "these are latents of a video, and this VAE is for pictures"),
    ],
)
def test_an_autoencoder_refuses_what_it_cannot_read(path_of, shape, said):
    vae = load(Vae(TINY, "sd1"), path_of, CPU)
    for way in (vae.decode, vae.decode_tiled):
        with pytest.raises(ValueError, match=said):
            way(torch.zeros(shape))
    with pytest.raises(ValueError, match="a picture of 16 x 5 pixels is smaller than the 8 x 8 of one cell"):
        vae.encode(torch.zeros(1, 5, 16, 3))


def test_the_text_encoder_is_the_one_of_transformers(models, path_of):
    encoder = load(Clip(TINY, "sd1"), path_of, CPU)
    prompt = encoder.encode("a photo of a cat")
    from transformers.models.clip.modeling_clip import CLIPTextModel

    theirs = CLIPTextModel(encoder.encoders[0].text.config).eval()
    weights = load_file(models / "checkpoints" / "tiny.safetensors")
    mine = {k.split("cond_stage_model.transformer.")[1]: v.float() for k, v in weights.items() if "cond_stage" in k}
    named = encoder.encoders[0].named
    theirs.load_state_dict({named(k.removeprefix("text_model.")).removeprefix("text."): v for k, v in mine.items()})
    ids = torch.tensor([[49406, 320, 1125, 539, 320, 2368, *[49407] * 71]])
    with torch.no_grad():
        said = theirs(ids)
    assert error(prompt.tokens, said.last_hidden_state) < 1e-5
    assert error(prompt.pooled, said.pooler_output) < 1e-5


@pytest.fixture(scope="module")
def folder(models, tmp_path_factory):
    """The checkpoint as diffusers would save it."""
    root = tmp_path_factory.mktemp("folders")
    path_of = lambda f: models / f.folder / f.name  # noqa: E731
    load(Model(TINY, "sd1"), path_of, CPU).module.save_pretrained(root / "checkpoints" / "tiny" / "unet")
    load(Vae(TINY, "sd1"), path_of, CPU).module.save_pretrained(root / "checkpoints" / "tiny" / "vae")
    load(Clip(TINY, "sd1"), path_of, CPU).encoders[0].text.save_pretrained(
        root / "checkpoints" / "tiny" / "text_encoder"
    )
    (root / "checkpoints" / "tiny" / "model_index.json").write_text("{}")
    return root


def test_a_diffusers_folder_gives_the_same_model_as_the_single_file(folder, path_of, unet):
    there = FileRef("checkpoints", "tiny")
    other = lambda f: folder / f.folder / f.name  # noqa: E731
    assert family_of(other(there)) == "sd1"
    x, t, tokens = torch.randn(1, 4, 8, 8), torch.tensor([3.0]), torch.randn(1, 77, 64)
    assert error(load(Model(there, "sd1"), other, CPU).predict(x, t, tokens), unet.predict(x, t, tokens)) < 1e-5
    mine, theirs = (load(Vae(f, "sd1"), p, CPU).decode(x) for f, p in ((TINY, path_of), (there, other)))
    assert error(mine, theirs) < 1e-5
    mine, theirs = (load(Clip(f, "sd1"), p, CPU).encode("a").tokens for f, p in ((TINY, path_of), (there, other)))
    assert error(mine, theirs) < 1e-5


def test_tensors_are_mapped_from_the_file_where_neither_type_nor_device_changes(path_of):
    unet = load(Model(TINY, "sd1"), path_of, CPU, "file")
    assert {p.dtype for p in unet.tensors()} == {torch.float16}
    begin, end = min(p.data_ptr() for p in unet.tensors()), max(p.data_ptr() + p.nbytes for p in unet.tensors())
    assert end - begin <= path_of(TINY).stat().st_size  # all are views of one mapping


def test_recipes_of_one_file_share_what_their_patches_leave_alone(path_of):
    shared = Shared()
    lora = Patch("lora", FileRef("loras", "lora.safetensors"), (("strength", 0.5),))
    plain = load(Model(TINY, "sd1"), path_of, CPU, shared=shared)
    patched = load(Model(TINY, "sd1").patched(lora), path_of, CPU, shared=shared)
    own = [n for n, p in patched.module.named_parameters() if p.data_ptr() != plain.module.get_parameter(n).data_ptr()]
    assert sorted(own) == [
        "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.weight",
        "mid_block.attentions.0.transformer_blocks.0.attn2.to_k.weight",
    ]


def test_the_size_is_known_before_loading(path_of):
    for recipe in (Model(TINY, "sd1"), Vae(TINY, "sd1"), Clip(TINY, "sd1")):
        held = sum(t.nbytes for t in load(recipe, path_of, CPU).tensors() if t.is_floating_point())
        assert size_of(recipe, path_of, CPU) == held


def test_v_prediction_and_zero_terminal_snr_come_from_the_file(tiny, tmp_path):
    path = tiny.saved(tmp_path / "v.safetensors", tiny.sd1_shapes(), **{"modelspec.prediction_type": "v"})
    sampling = load(Model(FileRef("checkpoints", "v"), "sd1"), lambda f: path, CPU).sampling
    assert sampling.prediction == "v"
    assert sampling.sigma_max < 15


def test_an_inpainting_unet_reads_more_channels(tiny, tmp_path):
    path = tiny.saved(
        tmp_path / "inpaint.safetensors", tiny.under("model.diffusion_model", tiny.unet_shapes(channels=9))
    )
    unet = load(Model(FileRef("checkpoints", "i"), "sd1"), lambda f: path, CPU)
    x, t, tokens = torch.randn(1, 4, 8, 8), torch.tensor([3.0]), torch.randn(1, 77, 64)
    assert unet.in_channels == 9
    assert unet.predict(x, t, tokens, options={"concat": torch.zeros(1, 5, 8, 8)}).shape == (1, 4, 8, 8)


def test_a_part_that_a_file_lacks_is_named_with_those_it_has(path_of):
    with pytest.raises(ModelError) as caught:
        load(Vae(FileRef("loras", "lora.safetensors"), "sd1"), path_of, CPU)
    assert str(caught.value) == "lora.safetensors (SD 1.x) has no VAE; it has: LoRA."


def test_a_file_of_another_family_than_the_recipe_says_is_refused(path_of):
    with pytest.raises(FamilyMismatch, match=r"tiny\.safetensors is of the family SD 1\.x, not SDXL"):
        load(Model(TINY, "sdxl"), path_of, CPU)


def test_a_family_that_cannot_run_is_named(tmp_path):
    path = tmp_path / "mochi.safetensors"
    save_file({"t5_yproj.weight": np.zeros((2, 2), np.float16)}, path)
    with pytest.raises(ModelError, match=r"mochi\.safetensors is recognised as Mochi, which this version cannot run"):
        load(Model(FileRef("unet", "mochi"), "mochi"), lambda f: path, CPU)


def test_an_incomplete_checkpoint_names_a_missing_tensor(tiny, tmp_path):
    shapes = tiny.under("model.diffusion_model", tiny.unet_shapes())
    del shapes["model.diffusion_model.middle_block.0.in_layers.2.weight"]
    path = tiny.saved(tmp_path / "part.safetensors", shapes)
    with pytest.raises(
        ModelError, match=r"part\.safetensors is incomplete: 1 tensors of SD 1\.x are missing, such as 'mid_block"
    ):
        load(Model(FileRef("checkpoints", "part"), "sd1"), lambda f: path, CPU)


def test_mixed_sizes_are_named_with_both_shapes(tiny, tmp_path):
    shapes = tiny.under("model.diffusion_model", tiny.unet_shapes())
    shapes["model.diffusion_model.middle_block.0.in_layers.2.weight"] = (64, 32, 3, 3)
    path = tiny.saved(tmp_path / "mixed.safetensors", shapes)
    with pytest.raises(ModelError, match=r"\(64, 32, 3, 3\), expected \(64, 64, 3, 3\)"):
        load(Model(FileRef("checkpoints", "mixed"), "sd1"), lambda f: path, CPU)


def test_a_controlnet_is_the_one_that_diffusers_converts_from_the_same_file(models, path_of):
    from diffusers.loaders.single_file_utils import convert_controlnet_checkpoint
    from diffusers.models.controlnets.controlnet import ControlNetModel

    control = load(ControlNet(FileRef("controlnet", "control.safetensors"), "sd1"), path_of, CPU)
    theirs = ControlNetModel.from_config(control.module.config)
    weights = load_file(models / "controlnet" / "control.safetensors")
    theirs.load_state_dict(convert_controlnet_checkpoint(weights, dict(control.module.config)))
    x, t, tokens, hint = torch.randn(1, 4, 8, 8), torch.tensor([3.0]), torch.randn(1, 77, 64), torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        down, middle = theirs.float().eval()(x, t, tokens, hint, conditioning_scale=0.5, return_dict=False)
    mine = control.residuals(x, t, tokens, hint, strength=0.5)
    assert all(error(a, b) < 1e-5 for a, b in zip((*mine.down, mine.middle), (*down, middle), strict=True))
    twice = mine + mine
    assert torch.equal(twice.middle, mine.middle * 2)


def test_a_controlnet_steers_the_denoiser(unet, path_of):
    control = load(ControlNet(FileRef("controlnet", "control.safetensors"), "sd1"), path_of, CPU)
    x, t, tokens = torch.randn(1, 4, 8, 8), torch.tensor([3.0]), torch.randn(1, 77, 64)
    residuals = control.residuals(x, t, tokens, torch.rand(1, 3, 64, 64))
    assert not torch.allclose(unet.predict(x, t, tokens), unet.predict(x, t, tokens, residuals=residuals))


def test_a_controlnet_for_a_model_of_another_size_is_refused_with_both_files(unet, path_of):
    control = load(ControlNet(FileRef("controlnet", "control.safetensors"), "sd1"), path_of, CPU)
    refuse_other_size(control, "control.safetensors", unet, "tiny.safetensors")
    wide = SimpleNamespace(family="sd1", module=SimpleNamespace(config=SimpleNamespace(block_out_channels=(320, 640))))
    said = (
        r"^control\.safetensors steers SD 1\.x models of 32, 32, 64, 64 features, real\.safetensors has 320, 640\. Use"
    )
    with pytest.raises(FamilyMismatch, match=said):
        refuse_other_size(control, "control.safetensors", wide, "real.safetensors")


def test_parts_in_files_of_their_own_are_loaded(tiny, tmp_path):
    vae = tiny.saved(tmp_path / "vae.safetensors", tiny.vae_shapes())
    assert load(Vae(FileRef("vae", "v"), "kl-f8-4"), lambda f: vae, CPU).decode(torch.randn(1, 4, 4, 4)).shape == (
        1,
        32,
        32,
        3,
    )
    clip = tiny.saved(tmp_path / "clip.safetensors", tiny.clip_shapes(64, 2))
    assert load(Clip(FileRef("clip", "c"), "clip-l"), lambda f: clip, CPU).encode("a").tokens.shape == (1, 77, 64)
    assert load(Clip(FileRef("clip", "c"), "sd1"), lambda f: clip, CPU).family == "sd1"
    unet = tiny.saved(tmp_path / "unet.safetensors", tiny.unet_shapes())
    assert load(Model(FileRef("unet", "u"), "sd1"), lambda f: unet, CPU).family == "sd1"


@pytest.mark.parametrize(
    "name",
    ["out.2.weight", "input_blocks.1.0.in_layers.2.weight", "input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"],
)
def test_whatever_tensor_lacks_the_message_is_one_sentence(tiny, tmp_path, name):
    shapes = tiny.under("model.diffusion_model", tiny.unet_shapes())
    del shapes[f"model.diffusion_model.{name}"]
    path = tiny.saved(tmp_path / "part.safetensors", shapes)
    with pytest.raises(ModelError, match=r"^part\.safetensors is incomplete"):
        load(Model(FileRef("checkpoints", "part"), "sd1"), lambda f: path, CPU)


def test_widths_that_no_unet_has_are_refused_in_one_sentence(tiny, tmp_path):
    path = tiny.saved(tmp_path / "odd.safetensors", tiny.unet_shapes((30, 30, 30, 30)))
    with pytest.raises(ModelError, match=r"^odd\.safetensors is not SD 1\.x as it should be"):
        load(Model(FileRef("checkpoints", "odd"), "sd1"), lambda f: path, CPU)


def test_a_text_encoder_that_its_unet_cannot_hear_is_refused(tiny, tmp_path):
    shapes = tiny.sd1_shapes() | tiny.under("cond_stage_model.transformer", tiny.clip_shapes(128, 2))
    path = tiny.saved(tmp_path / "mixed.safetensors", shapes)
    with pytest.raises(ModelError, match=r"mixed\.safetensors mixes models: its U-Net listens to 64 features"):
        load(Clip(FileRef("checkpoints", "mixed"), "sd1"), lambda f: path, CPU)


def test_a_missing_second_text_encoder_is_named(tiny, tmp_path):
    shapes = {k: v for k, v in tiny.sdxl_shapes().items() if "embedders.1" not in k}
    path = tiny.saved(tmp_path / "half.safetensors", shapes)
    with pytest.raises(ModelError, match=r"half\.safetensors has 1 of the 2 text encoders that SDXL needs"):
        load(Clip(FileRef("checkpoints", "half"), "sdxl"), lambda f: path, CPU)


def test_the_vae_of_sdxl_is_never_computed_in_float16_because_it_overflows(tiny, tmp_path):
    path = tiny.saved(tmp_path / "vae.safetensors", tiny.vae_shapes())
    recipe = Vae(FileRef("vae", "v"), "kl-f8-4")
    assert load(recipe, lambda f: path, CPU, torch.float16).dtype == torch.bfloat16
    assert load(recipe, lambda f: path, CPU, torch.float32).dtype == torch.float32
    assert load(recipe, lambda f: path, CPU, "file").dtype == torch.float16
