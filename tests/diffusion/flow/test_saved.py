"""Checkpoints of SD 3 and FLUX.1 that are saved have the names that they had."""

import io

import pytest
import torch
from safetensors.torch import load, load_file

from calotype.diffusion.saving import checkpoint_parts, write
from calotype.types import Clip, FileRef, Model, Vae


@pytest.mark.parametrize("family", ["sd3", "flux"])
def test_a_checkpoint_is_saved_as_it_was(family, request):
    path = request.getfixturevalue(family)
    file, there = FileRef("checkpoints", path.name), io.BytesIO()
    parts = checkpoint_parts(Model(file, family), Clip(file, family), Vae(file, family), lambda ref: path)
    write(parts, there, {})
    got, want = load(there.getvalue()), load_file(path)
    assert {name: tensor.shape for name, tensor in got.items()} == {name: tensor.shape for name, tensor in want.items()}
    assert all(torch.equal(got[name], tensor) for name, tensor in want.items())
