"""ControlNets of SDXL for several kinds of pictures, against diffusers' own."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import save_file

from calotype.diffusion.families.inspect import inspect
from calotype.diffusion.loading import load
from calotype.errors import ModelError
from calotype.types import ControlNet, FileRef, Patch

CPU = torch.device("cpu")
FILE = FileRef("controlnet", "union.safetensors")
X, TIME, TOKENS, POOLED = torch.randn(2, 4, 8, 8), torch.tensor([5.0, 5.0]), torch.randn(2, 7, 48), torch.randn(2, 16)
HINT = torch.rand(2, 3, 64, 64)
SIZES = torch.tensor([[64.0, 64, 0, 0, 64, 64]] * 2)


@pytest.fixture(scope="module")
def raw():
    from diffusers.models.controlnets.controlnet_union import ControlNetUnionModel

    torch.manual_seed(4)
    net = ControlNetUnionModel(
        block_out_channels=(64, 128), down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), layers_per_block=1,
        cross_attention_dim=48, attention_head_dim=(1, 2), transformer_layers_per_block=(1, 2),
        use_linear_projection=True, addition_embed_type="text_time", addition_time_embed_dim=256,
        projection_class_embeddings_input_dim=16 + 6 * 256, conditioning_embedding_out_channels=(4, 8, 16, 32),
        num_control_type=6, num_trans_channel=64, num_proj_channel=64,
    )  # fmt: skip
    for weight in net.parameters():
        if weight.ndim > 1 and not weight.abs().sum():
            torch.nn.init.normal_(weight, std=0.05)
    return net.eval()


@pytest.fixture(scope="module")
def path(raw, tmp_path_factory):
    path = tmp_path_factory.mktemp("union") / "union.safetensors"
    save_file(raw.state_dict(), path)
    return path


def loaded(path, **said):
    patches = (Patch("union", settings=tuple(said.items())),) if said else ()
    return load(ControlNet(FILE, "sdxl", patches), lambda f: path, CPU)


def ours(path, **said):
    return loaded(path, **said).residuals(X, TIME, TOKENS, HINT, pooled=POOLED, strength=0.8).middle


@pytest.mark.parametrize(("said", "number"), [({"kind": "pose"}, 0), ({"kind": "edges"}, 3), ({"number": 5}, 5)])
def test_what_the_picture_shows_is_told_as_in_diffusers(raw, path, said, number):
    assert (inspect(path).family, inspect(path).parts[0].layout) == ("sdxl", "union")
    kinds = torch.eye(6)[number].expand(2, 6)
    with torch.no_grad():
        _, theirs = raw(
            X, TIME, TOKENS, [HINT], kinds, [number], 0.8, return_dict=False,
            added_cond_kwargs={"text_embeds": POOLED, "time_ids": SIZES},
        )  # fmt: skip
    assert float((ours(path, **said) - theirs).norm() / theirs.norm()) < 1e-5


def test_without_a_kind_the_picture_is_seen_all_the_same(path):
    plain = ours(path)
    assert torch.equal(plain, ours(path, kind="any"))
    assert float((ours(path, kind="pose") - plain).norm() / plain.norm()) > 1e-3


def test_a_kind_that_the_network_does_not_know_is_refused_with_those_that_it_knows(path):
    with pytest.raises(ModelError, match=r'union\.safetensors knows 6 kinds of pictures, not "tile"\. .*"segments"\.'):
        loaded(path, kind="tile")
    with pytest.raises(ModelError, match='not "blur"'):
        loaded(path, kind="blur")


def test_a_kind_for_a_controlnet_of_one_kind_is_refused(tiny, tmp_path):
    path = tiny.saved(tmp_path / "one.safetensors", tiny.control_shapes(tiny.unet_shapes()))
    recipe = ControlNet(FILE, "sd1", (Patch("union", settings=(("kind", "pose"),)),))
    with pytest.raises(ModelError, match="is no union ControlNet"):
        load(recipe, lambda f: path, CPU)
