import mmap
from contextlib import nullcontext

import pytest
import torch
from safetensors.torch import load, save_file

from calotype.errors import FileError
from calotype.types import Clip, FileRef, Model, Patch, Vae
from calotype_nodes.saving import SaveCheckpoint, SaveClip, SaveLora, SaveModel, SaveVAE

UNET = {"model.diffusion_model.input_blocks.0.0.weight": torch.randn(2, 4, 1, 1)}
TEXT = {
    "cond_stage_model.transformer.text_model.embeddings.token_embedding.weight": torch.randn(3, 2),
    "cond_stage_model.transformer.text_model.encoder.layers.0.mlp.fc1.weight": torch.randn(4, 2),
}
VAE = {
    "first_stage_model.decoder.conv_in.weight": torch.randn(2, 4, 1, 1),
    "first_stage_model.decoder.mid.block_1.conv1.weight": torch.randn(2, 2, 1, 1),
}
FILE = FileRef("checkpoints", "some.safetensors")


@pytest.fixture(autouse=True)
def some(tmp_path):
    """The first tensors of a checkpoint."""
    save_file(UNET | TEXT | VAE, tmp_path / FILE.name)


def tensors_of(file):
    return {name: tensor.tolist() for name, tensor in load(bytes(file.data)).items()}


def said(tensors, cut=""):
    return {name.removeprefix(cut): tensor.tolist() for name, tensor in tensors.items()}


def test_a_checkpoint_is_saved_whole_on_disk_rather_than_in_memory(host):
    node = SaveCheckpoint(model=Model(FILE, "sd1"), clip=Clip(FILE, "sd1"), vae=Vae(FILE, "sd1"), prefix="a/b")
    (file,) = node.run(host).files
    assert (file.name, file.media_type) == ("a_b.safetensors", "application/octet-stream")
    assert isinstance(file.data.obj, mmap.mmap)
    assert tensors_of(file) == said(UNET | TEXT | VAE)
    assert host.steps[-1] == (3, 3) and host.warnings == []


def test_parts_are_saved_alone(host):
    (model,) = SaveModel(model=Model(FILE, "sd1")).run(host).files
    (clip,) = SaveClip(clip=Clip(FILE, "sd1")).run(host).files
    (vae,) = SaveVAE(vae=Vae(FILE, "sd1")).run(host).files
    assert [file.name for file in (model, clip, vae)] == ["model.safetensors", "clip.safetensors", "vae.safetensors"]
    assert tensors_of(model) == said(UNET)
    assert tensors_of(clip) == said(TEXT, "cond_stage_model.transformer.")
    assert tensors_of(vae) == said(VAE, "first_stage_model.")


def test_two_encoders_become_two_files(host, tmp_path):
    second = {
        "conditioner.embedders.1.model.token_embedding.weight": torch.randn(3, 2),
        "conditioner.embedders.1.model.transformer.resblocks.0.ln_1.weight": torch.randn(2),
    }
    first = {name.replace("cond_stage_model", "conditioner.embedders.0"): tensor for name, tensor in TEXT.items()}
    sized = {"label_emb.0.0.weight": torch.randn(1), "input_blocks.0.0.weight": torch.randn(2, 4, 1, 1)}
    save_file(first | second | sized, tmp_path / FILE.name)
    files = SaveClip(clip=Clip(FILE, "sdxl"), prefix="xl").run(host).files
    assert [file.name for file in files] == ["xl_clip_l.safetensors", "xl_clip_g.safetensors"]
    assert tensors_of(files[0]) == said(TEXT, "cond_stage_model.transformer.")


def test_another_number_format_is_asked_for_and_what_is_no_weight_is_said(host):
    model = Model(FILE, "sd1", (Patch("freeu"),))
    (file,) = SaveModel(model=model, numbers="bfloat16").run(host).files
    assert {tensor.dtype for tensor in load(bytes(file.data)).values()} == {torch.bfloat16}
    assert host.warnings == ['"freeu" changes how the model computes, not its weights, and is not in model.safetensors']


def test_a_full_disk_is_said(host, monkeypatch):
    class Full:
        def write(self, data):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(host, "scratch", lambda: nullcontext(Full()))
    with pytest.raises(FileError, match=r'cannot write "vae\.safetensors": No space left on device'):
        SaveVAE(vae=Vae(FILE, "sd1")).run(host)


def test_a_difference_is_saved_as_a_lora(host):
    (file,) = SaveLora(model=Model(FILE, "sd1"), clip=Clip(FILE, "sd1"), whole=True).run(host).files
    assert file.name == "lora.safetensors"
    text = "text_encoders.clip_l.transformer.text_model."
    assert load(bytes(file.data)).keys() == {
        "diffusion_model.input_blocks.0.0.diff",
        f"{text}embeddings.token_embedding.diff",
        f"{text}encoder.layers.0.mlp.fc1.diff",
    }
    with pytest.raises(ValueError, match='link a difference to "model" or "clip"'):
        SaveLora().run(host)
