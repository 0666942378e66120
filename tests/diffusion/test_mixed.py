"""Files that are not what they should be: each is named before any weight is read, with what would fit."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from calotype.diffusion.families.inspect import family_of
from calotype.diffusion.kinds import family_in, lacks
from calotype.diffusion.loading import load
from calotype.diffusion.loading.tensors import Reader
from calotype.errors import ModelError
from calotype.types import FileRef, Model

NET = "model.diffusion_model."
UNET = {"input_blocks.0.0.weight": (1, 4, 1, 1), "input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight": (1, 64)}
FLUX = {"double_blocks.0.img_attn.norm.key_norm.scale": (1,), "img_in.weight": (1, 1)}
CLIP = {"text_model.embeddings.token_embedding.weight": (1, 64)}
VAE = {"decoder.conv_in.weight": (1, 4, 1, 1), "decoder.mid.block_1.conv1.weight": (1,)}
WIDER = {"text_model.embeddings.token_embedding.weight": (1, 32)}
T5 = {"encoder.block.0.layer.0.SelfAttention.q.weight": (1,)}


def under(prefix, shapes):
    return {prefix + name: shape for name, shape in shapes.items()}


@pytest.fixture
def written(tmp_path):
    def write(shapes):
        path = tmp_path / "it.safetensors"
        save_file({name: torch.zeros(shape) for name, shape in shapes.items()}, path)
        return path

    return write


SD1 = under(NET, UNET) | under("cond_stage_model.transformer.", CLIP) | under("first_stage_model.", VAE)
FLUX_TEXTS = under("text_encoders.clip_l.transformer.", CLIP) | under("text_encoders.t5xxl.transformer.", T5)


def test_parts_that_belong_together_are_no_problem(written):
    path = written(SD1)
    assert (lacks(path, "text_encoder"), lacks(path, "vae")) == ("", "")


def test_a_vae_of_another_family_is_named_with_both(written):
    said = lacks(written(under(NET, FLUX) | FLUX_TEXTS | under("vae.", VAE)), "vae")
    assert said == (
        "it.safetensors is mixed: its denoiser is FLUX.1, its VAE is a 4-channel autoencoder (SD 1.x, SD 2.x or SDXL). "
        'Take a VAE of FLUX.1: put it in "vae" and take VAELoader.'
    )


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (WIDER, "its SD 1.x U-Net listens to 64 features, its text encoders give 32"),
        (CLIP, "its denoiser is SD 1.x, which listens to CLIP-L, and it has one T5 more"),
    ],
)
def test_text_encoders_of_another_family_are_named(written, texts, said):
    more = {} if texts is WIDER else under("text_encoders.t5xxl.transformer.", T5)
    path = written(under(NET, UNET) | under("cond_stage_model.transformer.", texts) | more)
    assert f"it.safetensors is mixed: {said}. Take" in lacks(path, "text_encoder")


def test_two_denoisers_in_one_file_are_refused_by_both_names(written):
    with pytest.raises(ModelError, match=r"it has two denoisers, FLUX\.1 and SD 1\.x\. Keep one"):
        family_in("checkpoints", written(SD1 | under(NET, FLUX)))


@pytest.mark.parametrize(("shapes", "title"), [(FLUX, "FLUX.1"), (UNET, "SD 1.x")])
def test_a_strange_prefix_is_named_with_the_family_behind_it_and_those_that_are_read(written, shapes, title):
    shapes = shapes | ({"input_blocks.1.1.proj_in.weight": (1, 1, 1, 1)} if shapes is UNET else {})
    with pytest.raises(ModelError, match=rf"those of {re.escape(title)} behind 'foo\.'; .* 'model\.diffusion_model\.'"):
        family_of(written(under("foo.", shapes)))


@pytest.mark.parametrize("prefix", ["", "model.", "diffusion_model.", NET])
def test_the_prefixes_that_programs_write_are_read(written, prefix):
    assert family_of(written(under(prefix, FLUX))) == "flux"


def test_a_renamed_tensor_and_one_of_another_shape_are_named_before_any_is_read(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(Reader, "read", lambda self, takes: pytest.fail("weights were read"))
    shapes = tiny.unet_shapes()
    name = "middle_block.1.transformer_blocks.0.attn1.to_q.weight"
    inner = "mid_block.attentions.0.transformer_blocks.0.attn1.to_q.weight"
    renamed = {k if k != name else f"{k}s": v for k, v in shapes.items()}
    for broken, said in (
        (renamed, f"is incomplete: 1 tensors of SD 1.x are missing, such as '{inner}'; it has '{inner}s', which is"),
        (shapes | {name: (64, 32)}, f"1 tensors of SD 1.x do not fit together; '{inner}' is (64, 32), expected"),
    ):
        path = tiny.saved(tmp_path / "it.safetensors", broken)
        with pytest.raises(ModelError, match=re.escape(said)):
            load(Model(FileRef("unet", path.name), "sd1"), lambda f, path=path: path, torch.device("cpu"))


@pytest.fixture
def folder(tmp_path) -> Path:
    """A diffusers folder in two shards."""
    inside = tmp_path / "big" / "transformer"
    inside.mkdir(parents=True)
    map = {}
    for i, (name, shape) in enumerate(FLUX.items()):
        save_file({name: torch.zeros(shape)}, inside / f"part-{i}.safetensors")
        map[name] = f"part-{i}.safetensors"
    (inside / "diffusion_pytorch_model.safetensors.index.bf16.json").write_text(json.dumps({"weight_map": map}))
    return inside.parent


def test_a_folder_in_shards_of_a_variant_is_read(folder):
    assert family_of(folder) == "flux"


def test_a_shard_that_is_missing_is_named(folder):
    (folder / "transformer" / "part-1.safetensors").unlink()
    with pytest.raises(ModelError, match=r"^big/transformer/part-1\.safetensors is missing, though the index"):
        family_of(folder)


def test_an_empty_shard_is_named_with_its_folder(folder):
    (folder / "transformer" / "part-1.safetensors").write_bytes(b"")
    with pytest.raises(ModelError, match=r"^big/transformer/part-1\.safetensors: .* is empty or cut off"):
        family_of(folder)


def test_a_folder_with_pickled_weights_is_named(folder):
    (folder / "vae").mkdir()
    (folder / "vae" / "diffusion_pytorch_model.bin").write_bytes(b"PK")
    with pytest.raises(ModelError, match=r"^big/vae/diffusion_pytorch_model\.bin is a pickled PyTorch file.*\.safet"):
        family_of(folder)
