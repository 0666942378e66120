"""Models that are saved: the same weights under the same names, and what the patches make of them."""

import io
import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load as load_bytes
from safetensors.torch import load_file, save_file

from calotype.diffusion.families.inspect import inspect
from calotype.diffusion.header import TensorInfo
from calotype.diffusion.layouts import back, clip, unet, vae
from calotype.diffusion.loading import load
from calotype.diffusion.saving import checkpoint_parts, metadata_of, model_parts, text_parts, unsaved, vae_parts, write
from calotype.errors import ModelError
from calotype.types import Clip, FileRef, Model, Patch, Vae

CPU = torch.device("cpu")
TINY, OTHER = FileRef("checkpoints", "tiny.safetensors"), FileRef("checkpoints", "other.safetensors")
LORA = Patch("lora", FileRef("loras", "lora.safetensors"), (("strength", 0.7),))
MIX = Patch("merge", settings=(("add", 0.25), ("keep", 0.75)), other=Model(OTHER, "sd1"))
MIX_TEXT = Patch("merge", settings=(("add", 0.25), ("keep", 0.75)), other=Clip(OTHER, "sd1"))


UNET = {"widths": (32, 32), "depths": (1, 0), "layers": 1, "context": 64}


def small(tiny, shapes):
    """The same shapes with a vocabulary of a few words and a small VAE."""
    words = {k: (100, v[1]) if k.endswith("token_embedding.weight") else v for k, v in shapes.items()}
    rest = {k: v for k, v in words.items() if not k.startswith("first_stage_model.")}
    return rest | tiny.under("first_stage_model", tiny.vae_shapes(widths=(32, 32), layers=1))


@pytest.fixture(scope="module")
def models(tiny, tmp_path_factory):
    """A checkpoint, a second one with every weight half as large, and a LoRA."""
    root = tmp_path_factory.mktemp("models")
    path = tiny.saved(root / "checkpoints" / "tiny.safetensors", small(tiny, tiny.sd1_shapes(**UNET)))
    save_file({k: v * 0.5 for k, v in load_file(path).items()}, root / "checkpoints" / "other.safetensors")
    touched = {
        "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q": (32, 32),
        "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_k": (32, 64),
        "lora_te_text_model_encoder_layers_0_self_attn_q_proj": (64, 64),
    }
    tiny.saved(root / "loras" / "lora.safetensors", tiny.lora_shapes(touched))
    return root


def saved(parts, path=None, recipes=(), numbers="stored"):
    """The tensors of the file that parts become, and its metadata; path: where to put it as well."""
    file = io.BytesIO()
    said, markers = metadata_of(recipes, parts, "title")
    write(parts, file, said, markers, numbers)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.getvalue())
    return load_bytes(file.getvalue()), said


def test_a_checkpoint_is_saved_as_it_was(path_of, models):
    got, _ = saved(checkpoint_parts(Model(TINY, "sd1"), Clip(TINY, "sd1"), Vae(TINY, "sd1"), path_of))
    want = load_file(models / "checkpoints" / "tiny.safetensors")
    assert got.keys() == want.keys()
    assert all(torch.equal(got[k], v) and got[k].dtype == v.dtype for k, v in want.items())


def test_what_is_saved_computes_as_what_was_patched(path_of, models, monkeypatch):
    monkeypatch.setattr("calotype.diffusion.saving.files.AT_ONCE", 1 << 16)  # several portions
    model, text = Model(TINY, "sd1", (MIX, LORA)), Clip(TINY, "sd1", (MIX_TEXT, LORA))
    parts = checkpoint_parts(model, text, Vae(TINY, "sd1"), path_of)
    saved(parts, models / "checkpoints" / "saved.safetensors", numbers="float32")
    file = FileRef("checkpoints", "saved.safetensors")
    for ours, again in ((model, Model(file, "sd1")), (text, Clip(file, "sd1"))):
        wanted, got = ([*load(one, path_of, CPU).tensors()] for one in (ours, again))
        assert len(wanted) == len(got) and all(map(torch.equal, wanted, got))


@pytest.fixture
def shelf(tmp_path):
    """Puts tensors into a file of its own: gives the reference and where such references lie."""

    def put(tensors, folder="unet"):
        (tmp_path / folder).mkdir(exist_ok=True)
        save_file({k: v.contiguous().clone() for k, v in tensors.items()}, tmp_path / folder / "some.safetensors")
        return FileRef(folder, "some.safetensors"), lambda file: tmp_path / file.folder / file.name

    return put


def equal(got, want):
    return got.keys() == want.keys() and all(torch.equal(got[k], v) for k, v in want.items())


def infos(shapes):
    return {name: TensorInfo(Path("some"), name, shape, "F16", 0) for name, shape in shapes.items()}


def test_names_of_diffusers_become_those_of_the_original_code(tiny):
    wide = {"widths": (64, 64, 128), "depths": (0, 1, 2), "middle": 2, "linear": True, "sizes": 100}
    cases = (
        (tiny.unet_shapes(), unet.takes_ldm, back.unet_tensors),
        (tiny.unet_shapes(**wide), unet.takes_ldm, back.unet_tensors),
        (tiny.vae_shapes(), vae.takes_ldm, back.vae_tensors),
        (tiny.clip_shapes(projection=32), clip.takes_transformers, back.clip_tensors),
        (tiny.openclip_shapes(), clip.takes_openclip, back.openclip_tensors),
    )
    for shapes, layout, original in cases:
        assert {name: info.shape for name, info in original(layout(infos(shapes))).items()} == shapes


def test_a_unet_and_a_vae_that_diffusers_wrote_are_saved_under_the_original_names(path_of, models, shelf):
    want = load_file(models / "checkpoints" / "tiny.safetensors")
    denoiser = load(Model(TINY, "sd1"), path_of, CPU, "file").module
    file, where = shelf(denoiser.state_dict())
    got, _ = saved(model_parts(Model(file, "sd1"), where))
    assert equal(got, {k: v for k, v in want.items() if k.startswith("model.diffusion_model.")})
    autoencoder = load(Vae(TINY, "sd1"), path_of, CPU, "file").module
    file, where = shelf(autoencoder.state_dict(), "vae")
    got, _ = saved(vae_parts(Vae(file, "kl-f8-4"), where))
    start = "first_stage_model."
    assert equal(got, {k.removeprefix(start): v for k, v in want.items() if k.startswith(start)})


def test_sdxl_has_its_encoders_in_their_places_and_each_alone_as_transformers_has_it(tiny, tmp_path):
    path = tiny.saved(tmp_path / "checkpoints" / "xl.safetensors", small(tiny, tiny.sdxl_shapes()))
    file, where = FileRef("checkpoints", path.name), lambda ref: path
    got, said = saved(checkpoint_parts(Model(file, "sdxl"), Clip(file, "sdxl"), Vae(file, "sdxl"), where))
    assert equal(got, load_file(path))
    assert said["modelspec.architecture"] == "stable-diffusion-xl-v1-base"
    first, second = text_parts(Clip(file, "sdxl"), where)
    assert (first.name, second.name) == ("clip_l", "clip_g")
    alone, _ = saved([second], tmp_path / "clip" / "g.safetensors")
    query = "text_model.encoder.layers.0.self_attn.q_proj.weight"
    joined = got["conditioner.embedders.1.model.transformer.resblocks.0.attn.in_proj_weight"]
    assert torch.equal(alone[query], joined[:64])
    assert [part.layout for part in inspect(tmp_path / "clip" / "g.safetensors").parts] == ["transformers"]


def test_a_transformer_keeps_the_names_of_its_file(shelf):
    drawn = {
        "img_in.weight": torch.randn(4, 8),
        "double_blocks.0.img_attn.norm.key_norm.scale": torch.randn(2),
        "double_blocks.0.img_attn.qkv.weight": torch.randn(12, 4),
        "single_blocks.0.linear1.weight": torch.randn(28, 4),
        "final_layer.adaLN_modulation.1.weight": torch.randn(8, 4),
    }
    file, where = shelf(drawn)
    got, said = saved(model_parts(Model(file, "flux"), where))
    assert equal(got, {f"model.diffusion_model.{k}": v for k, v in drawn.items()})
    assert "modelspec.architecture" not in said


def test_a_transformer_of_diffusers_is_saved_alone_but_in_no_checkpoint(shelf):
    drawn = {"single_transformer_blocks.0.proj_mlp.weight": torch.randn(4, 2)}
    file, where = shelf(drawn)
    got, _ = saved(model_parts(Model(file, "flux"), where))
    assert equal(got, drawn)
    with pytest.raises(ModelError, match=r"some\.safetensors names its tensors as diffusers does.*SaveModel"):
        checkpoint_parts(Model(file, "flux"), Clip(TINY, "flux"), Vae(TINY, "flux"), where)


def test_the_file_says_what_it_predicts_and_what_it_is_made_of(path_of, models):
    patch = Patch("sampling", settings=(("prediction", "v"), ("zero_snr", True)))
    model = Model(TINY, "sd1", (MIX, patch))
    got, said = saved(model_parts(model, path_of), models / "unet" / "v.safetensors", (model,))
    assert got["v_pred"].numel() == got["ztsnr"].numel() == 0
    assert said["modelspec.title"] == "title" and said["modelspec.predict_key"] == "v"
    assert [Model.from_dict(one) for one in json.loads(said["calotype.recipes"])] == [model]
    found = inspect(models / "unet" / "v.safetensors")
    assert (found.prediction, found.zero_terminal_snr) == ("v", True)


def test_patches_that_are_no_matter_of_weights_are_named():
    patches = (MIX, LORA, Patch("freeu"), Patch("sampling", settings=(("prediction", "x0"),)), Patch("freeu"))
    assert unsaved(Model(TINY, "sd1", patches)) == ["freeu", "sampling"]


def test_numbers_that_have_no_place_in_a_format_are_refused(path_of, models):
    tensors = load_file(models / "checkpoints" / "tiny.safetensors")
    name = "model.diffusion_model.out.2.bias"
    save_file({**tensors, name: torch.full((4,), 1e6)}, models / "checkpoints" / "large.safetensors")
    parts = model_parts(Model(FileRef("checkpoints", "large.safetensors"), "sd1"), path_of)
    with pytest.raises(ModelError, match=r"out\.2\.bias.*too large for float16. Choose bfloat16"):
        saved(parts, numbers="float16")
    assert saved(parts, numbers="bfloat16")[0][name].dtype == torch.bfloat16


def test_weights_in_8_bits_stay_so_unless_they_are_changed(shelf, path_of):
    name, scaled = "middle_block.0.in_layers.2.weight", "middle_block.0.out_layers.3.weight"
    tensors = {
        k.removeprefix("model.diffusion_model."): v
        for k, v in load_file(path_of(TINY)).items()
        if k.startswith("model.diffusion_model.")
    }
    small = {one: tensors[one].to(torch.float8_e4m3fn) for one in (name, scaled)}
    scale = {scaled.replace(".weight", ".scale_weight"): torch.tensor(2.0)}
    file, where = shelf(tensors | small | scale)
    got = {
        k.removeprefix("model.diffusion_model."): v for k, v in saved(model_parts(Model(file, "sd1"), where))[0].items()
    }
    assert got.keys() == tensors.keys()
    assert got[name].dtype == torch.float8_e4m3fn and torch.equal(got[name].float(), small[name].float())
    assert got[scaled].dtype == torch.bfloat16 and torch.equal(got[scaled].float(), small[scaled].float() * 2)
    lora = Patch("attention", settings=(("attention", "self"), ("q", 2.0)))
    changed = saved(model_parts(Model(file, "sd1", (lora,)), where))[0]
    assert changed[f"model.diffusion_model.{name}"].dtype == torch.bfloat16


def test_two_networks_are_not_saved_as_one(path_of):
    with pytest.raises(ModelError, match="one by one"):
        model_parts(Model(TINY, "sd1", (Patch("below", other=Model(OTHER, "sd1")),)), path_of)


def test_a_vocabulary_goes_with_its_encoder(shelf, path_of):
    prefix = "cond_stage_model.transformer."
    clip_tensors = {k: v for k, v in load_file(path_of(TINY)).items() if k.startswith(prefix)}
    words = {"spiece_model": torch.arange(5, dtype=torch.uint8)}
    file, where = shelf(clip_tensors | words, "clip")
    lora = Patch("attention", settings=(("attention", "text"), ("q", 2.0)))
    parts = text_parts(Clip(file, "sd1", (lora,)), where)
    assert [part.name for part in parts] == ["clip_l", "clip_l"]
    got, _ = saved(parts)
    assert torch.equal(got["spiece_model"], words["spiece_model"])
    assert got.keys() == {k.removeprefix(prefix) for k in clip_tensors} | {"spiece_model"}
    within = text_parts(Clip(file, "sd1"), where, "sd1")
    assert "text_encoders.spiece_model" in saved(within)[0]
