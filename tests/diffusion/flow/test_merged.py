"""FLUX in a merge by layers, whose names are those of the original code."""

import pytest
import torch
from safetensors.torch import load_file, save_file

from calotype.diffusion.loading import load
from calotype.errors import ModelError
from calotype.types import FileRef, Model, Patch

CPU = torch.device("cpu")


def merged(flux, path_of, shares):
    other = Model(FileRef("checkpoints", "other.safetensors"), "flux")
    patch = Patch("merge", settings=(("shares", shares),), other=other)
    return load(Model(FileRef("checkpoints", flux.name), "flux", (patch,)), path_of, CPU).module


def test_layers_have_shares_by_their_original_names(flux, tmp_path):
    save_file({k: v * 3 for k, v in load_file(flux).items()}, tmp_path / "other.safetensors")
    path_of = lambda file: flux if file.name == flux.name else tmp_path / file.name  # noqa: E731
    plain = load(Model(FileRef("checkpoints", flux.name), "flux"), path_of, CPU).module
    mixed = merged(flux, path_of, "img_in. 1.0\ndouble_blocks.1. 0.5\nsingle_blocks. 0.0")
    found = []
    for name in (
        *("x_embedder", "transformer_blocks.0.attn.to_q", "transformer_blocks.1.attn.to_k"),
        "single_transformer_blocks.1.proj_mlp",
    ):
        old, new = plain.get_submodule(name).weight, mixed.get_submodule(name).weight
        found.append(round(float((new * old).sum() / (old * old).sum()), 2))
    assert found == [1.0, 1.0, 2.0, 3.0]
    with pytest.raises(ModelError, match=r"no layer of the model is named as the shares say; it has, for one, '"):
        merged(flux, path_of, "input_blocks.1. 0.5")
