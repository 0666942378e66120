"""Attention in tiles and with merged tokens, and deep shrink: of diffusers' U-Net, narrow and with random weights."""

import pytest
import torch
from diffusers import UNet2DConditionModel
from torch.testing import assert_close

from calotype.diffusion.changes import shrinking, tiles, tokens
from calotype.diffusion.changes.table import hooks_of
from calotype.diffusion.changes.weights import attention_scaled
from calotype.diffusion.sampling import ModelSampling
from calotype.errors import ModelError
from calotype.types import FileRef, Model, Patch

T = torch.tensor(5)
LOUD = float("inf")


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


X, WORDS = torch.randn(2, 4, 16, 8, generator=seeded()), torch.randn(2, 5, 8, generator=seeded(1))


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return UNet2DConditionModel(
        block_out_channels=(8, 16, 32),
        down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
        layers_per_block=1,
        cross_attention_dim=8,
        attention_head_dim=2,
        norm_num_groups=4,
    ).eval()


def ran(network, x=X, **more):
    with torch.no_grad():
        return network(x, T, WORDS[: len(x)], return_dict=False, **more)[0]


def test_one_tile_changes_nothing_and_several_do(network):
    before = ran(network)
    with tiles.tiled(network, 2048, 2, 0, False)(seeded()):
        assert torch.equal(ran(network), before)
    with tiles.tiled(network, 32, 2, 0, False)(seeded()):
        assert not torch.allclose(ran(network), before)
    assert torch.equal(ran(network), before)


def test_how_many_tiles_there_are_is_drawn_among_the_least_sizes():
    picture = tiles.Picture(16, 16)
    assert tiles.Tiling(4, 2, 0, False, seeded()).of(256, picture) == (4, 4, 16, 16)
    assert tiles.Tiling(4, 2, 0, False, seeded()).of(64, picture) == (1, 1, 0, 0)
    assert tiles.Tiling(4, 2, 1, False, seeded()).of(64, picture) == (2, 2, 8, 8)
    assert tiles.Tiling(4, 2, 1, True, seeded()).of(64, picture) == (1, 1, 8, 8)
    some = tiles.Tiling(4, 3, 0, False, seeded())
    assert {some.of(256, picture)[:2] for _ in range(20)} == {(4, 4), (4, 2), (2, 4), (2, 2)}


def test_a_tile_attends_to_a_run_of_tokens(network):
    (first, *_) = tiles.self_attentions(network)
    x = torch.randn(1, 16, 8, generator=seeded())
    out = tiles.attended(first, x.unflatten(1, (2, 8)).flatten(0, 1), x, 2)
    assert_close(out[:1], first(x[:, :8]))
    assert_close(out[1:], first(x[:, 8:]))


def test_merging_nothing_changes_nothing_and_merging_does(network):
    before = ran(network)
    with tokens.merging(network, 0.0)(seeded()):
        assert torch.equal(ran(network), before)
    with tokens.merging(network, 0.5)(seeded()):
        assert not torch.allclose(ran(network), before)
    assert torch.equal(ran(network), before)


def test_one_place_of_every_square_is_chosen():
    places = tokens.chosen(4, 5, seeded()).view(4, 5)
    assert not places[:, 4].any()
    assert places[:, :4].view(2, 2, 2, 2).sum((1, 3)).tolist() == [[1, 1], [1, 1]]


def test_tokens_that_are_alike_are_merged_and_come_back_as_one():
    x = torch.tensor([[1.0, 0.0], [2.0, 0.0], [0.0, 3.0], [1.0, 1.0]])[None]
    plan = tokens.planned(x, torch.tensor([True, False, False, False]), 1)
    small = tokens.merged(x, plan)
    assert {tuple(row) for row in small[0].tolist()} == {(1.5, 0.0), (0.0, 3.0), (1.0, 1.0)}
    assert tokens.unmerged(small, plan, 4).tolist() == [[[1.5, 0.0], [1.5, 0.0], [0.0, 3.0], [1.0, 1.0]]]


def shrink(network, block, after_skip=True, sigma=1.0, factor=2.0):
    made = shrinking.Shrink(block, factor, after_skip, (LOUD, 0.5), ("bicubic", "bilinear"))
    made.at(sigma)
    return shrinking.shrinking(network, made), made


@pytest.mark.parametrize("block", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("after_skip", [True, False])
def test_inner_layers_are_smaller_and_the_picture_keeps_its_size(network, block, after_skip):
    sizes = []
    seen = network.mid_block.register_forward_hook(lambda m, a, out: sizes.append(tuple(out.shape[-2:])))
    before = ran(network)
    change, made = shrink(network, block, after_skip)
    with change():
        assert ran(network).shape == before.shape
        assert not torch.allclose(ran(network), before)
        made.at(0.1)
        assert torch.equal(ran(network), before)
    assert torch.equal(ran(network), before)
    seen.remove()
    assert sizes == [(4, 2), (2, 1), (2, 1), (4, 2), (4, 2)]


def test_a_block_that_is_not_there_changes_nothing(network):
    change, _ = shrink(network, 30)
    with change():
        assert torch.equal(ran(network), ran(network))


def test_residuals_that_do_not_fit_any_more_are_left_out(network):
    sizes = [(8, 16, 8), (8, 16, 8), (8, 8, 4), (16, 8, 4), (16, 4, 2), (32, 4, 2)]
    down = tuple(torch.ones(2, *size) for size in sizes)
    change, _ = shrink(network, 3)
    with change():
        steered = ran(
            network, down_block_additional_residuals=down, mid_block_additional_residual=torch.ones(2, 32, 4, 2)
        )
        first = (*down[:4], torch.zeros(2, 16, 2, 1), torch.zeros(2, 32, 2, 1))
        assert_close(
            steered,
            ran(network, down_block_additional_residuals=first, mid_block_additional_residual=torch.zeros(2, 32, 2, 1)),
        )


def test_attention_is_scaled_by_its_weights():
    names = ("mid.attn1.to_q.weight", "mid.attn1.to_out.0.bias", "mid.attn2.to_q.weight", "0.self_attn.v_proj.bias")
    weights = {name: torch.nn.Parameter(torch.ones(2)) for name in names}
    scaled = attention_scaled(weights, {"attention": "self", "q": 2.0, "out": 3.0})
    assert [scaled[name][0].item() for name in names] == [2.0, 3.0, 1.0, 1.0]
    assert scaled[names[2]] is weights[names[2]]
    assert attention_scaled(weights, {"attention": "text", "v": 0.5})[names[3]].tolist() == [0.5, 0.5]


@pytest.mark.parametrize("kind", ["hyper_tile", "merged_tokens", "deep_shrink"])
def test_they_need_a_u_net(kind):
    settings = {"size": 256, "choices": 2, "depth": 0, "larger": False, "ratio": 0.5, "block": 3, "factor": 2.0}
    settings |= {"start": 0.0, "end": 0.5, "after_skip": True, "down": "bicubic", "up": "bicubic"}
    with pytest.raises(ModelError, match="needs a U-Net; this model is none"):
        hooks_of(
            torch.nn.Linear(1, 1),
            ModelSampling.discrete(),
            Model(FileRef("", ""), "", (Patch(kind, settings=tuple(settings.items())),)),
        )
