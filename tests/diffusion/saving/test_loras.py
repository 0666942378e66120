"""Differences that are saved as LoRAs: put on the first model they give the second."""

import io

import pytest
import torch
from safetensors.torch import load as load_bytes

from calotype.diffusion.loading import load
from calotype.diffusion.saving import lora_parts, write_lora
from calotype.diffusion.saving.loras import halves
from calotype.types import Clip, FileRef, Model, Patch

CPU = torch.device("cpu")
ONE, OTHER = FileRef("checkpoints", "one.safetensors"), FileRef("checkpoints", "other.safetensors")


@pytest.fixture(scope="module")
def models(tiny, tmp_path_factory):
    """Two checkpoints that differ in every weight."""
    root = tmp_path_factory.mktemp("models")
    shapes = tiny.sd1_shapes(widths=(32, 32), depths=(1, 0), layers=1, context=64)
    words = {k: (100, v[1]) if k.endswith("token_embedding.weight") else v for k, v in shapes.items()}
    tiny.saved(root / "checkpoints" / "one.safetensors", words)
    renamed = {f"other {name}": shape for name, shape in words.items()}
    drawn = {name.removeprefix("other "): tensor for name, tensor in tiny.drawn(renamed).items()}
    tiny.save_file(drawn, root / "checkpoints" / "other.safetensors")
    (root / "loras").mkdir()
    return root


def difference(kind):
    patch = Patch("merge", settings=(("add", -1.0), ("keep", 1.0)), other=kind(ONE, "sd1"))
    return kind(OTHER, "sd1", (patch,))


def saved(path_of, path, **how):
    file = io.BytesIO()
    write_lora(lora_parts(difference(Model), difference(Clip), path_of), file, {}, **how)
    path.write_bytes(file.getvalue())
    return load_bytes(file.getvalue())


def weights(loaded):
    return torch.cat([one.flatten().float() for one in loaded.tensors() if one.is_floating_point()])


@pytest.mark.parametrize("how", [{"rank": 1, "whole": True}, {"rank": 4096}], ids=["whole", "of full rank"])
def test_on_the_first_model_it_gives_the_second(path_of, models, how, monkeypatch):
    monkeypatch.setattr("calotype.diffusion.saving.loras.QUANTILE", 0.0)  # nothing is cut off
    saved(path_of, models / "loras" / "difference.safetensors", **how)
    lora = Patch("lora", FileRef("loras", "difference.safetensors"), (("strength", 1.0),))
    for kind in (Model, Clip):
        recipes = (kind(OTHER, "sd1"), kind(ONE, "sd1", (lora,)), kind(ONE, "sd1"))
        wanted, got, first = (weights(load(recipe, path_of, CPU)) for recipe in recipes)
        assert float((got - wanted).norm() / wanted.norm()) < 2e-3 < float((first - wanted).norm() / wanted.norm())


def test_a_small_rank_keeps_what_is_largest_and_vectors_may_be_left_out(path_of, models):
    got = saved(path_of, models / "loras" / "small.safetensors", rank=2, biases=False)
    module = "diffusion_model.input_blocks.1.0.in_layers.2"
    assert {k: tuple(v.shape) for k, v in got.items() if k.startswith(module)} == {
        f"{module}.lora_up.weight": (32, 2, 1, 1),
        f"{module}.lora_down.weight": (2, 32, 3, 3),
    }
    assert not [name for name in got if name.endswith((".diff", ".diff_b"))]
    assert {tensor.dtype for tensor in got.values()} == {torch.float16}


def test_halves_are_the_nearest_of_their_rank_but_for_outliers(monkeypatch):
    one = torch.ones(40, 1) @ torch.ones(1, 30)
    up, down = halves(one, 1)
    torch.testing.assert_close(up @ down, one)
    mixed = torch.randn(60, 50, generator=torch.Generator().manual_seed(2))
    mixed[0] *= 100
    assert float(halves(mixed, 50)[0].abs().max()) < 100
    monkeypatch.setattr("calotype.diffusion.saving.loras.QUANTILE", 0.0)
    up, down = halves(mixed, 50)
    torch.testing.assert_close(up @ down, mixed, atol=1e-3, rtol=1e-4)
    assert float(up.abs().max()) > 500
