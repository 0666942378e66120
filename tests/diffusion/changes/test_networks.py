"""Changes inside of networks: of diffusers' own, narrow and with random weights."""

import pytest
import torch
from diffusers import SD3Transformer2DModel, UNet2DConditionModel
from torch.testing import assert_close

from calotype.diffusion.changes import attention, layers, unet
from calotype.diffusion.changes.table import changed, hooks_of
from calotype.diffusion.denoiser import Denoiser
from calotype.diffusion.latents import LatentFormat
from calotype.diffusion.sampling import ModelSampling, sample
from calotype.diffusion.sampling.hooks import NO_HOOKS, Moment, Sides
from calotype.errors import ModelError
from calotype.types import Conditioning, FileRef, Latent, Model, Patch, Prompt

CPU = torch.device("cpu")


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


@pytest.fixture(scope="module")
def transformer():
    torch.manual_seed(0)
    return SD3Transformer2DModel(
        sample_size=8, num_layers=3, attention_head_dim=8, num_attention_heads=2, joint_attention_dim=8,
        caption_projection_dim=16, pooled_projection_dim=8, pos_embed_max_size=8, in_channels=4, out_channels=4,
    ).eval()  # fmt: skip


def recipe(*patches):
    return Model(FileRef("checkpoints", "toy.safetensors"), "toy", patches)


def sampled(module, *patches, size=16, cfg=3.0):
    denoiser = Denoiser("sd1", module, ModelSampling.discrete(), LatentFormat(4), CPU, torch.float32)
    changed(denoiser, recipe(*patches))
    sides = [
        Conditioning((Prompt(torch.randn(1, 5, 8, generator=torch.Generator().manual_seed(s))),), "sd1") for s in (1, 2)
    ]
    return sample(denoiser, *sides, Latent(torch.zeros(1, 4, size, size)), steps=2, cfg=cfg, seed=3).latent.samples


def patch(kind, **settings):
    return Patch(kind, settings=tuple(settings.items()))


def test_identity_attention_is_the_value_alone(network):
    (first, *_) = attention.middle_attention(network)
    x = torch.randn(2, 9, 32)
    before = first(x)
    with attention.processed([first], attention.identity_attention):
        perturbed = first(x)
    assert_close(perturbed, first.to_out[0](first.to_v(x)))
    assert torch.equal(first(x), before)


def test_recorded_attention_is_attention_and_its_map_that_of_the_negative_side(network):
    (first, *_) = attention.middle_attention(network)
    recorder, x = attention.Recorder(), torch.randn(4, 9, 32)
    recorder.watch([0, 1])
    with attention.processed([first], recorder):
        assert_close(first(x), network_attention(first, x))
    assert recorder.map.shape == (2, first.heads, 9, 9)
    assert_close(recorder.map.sum(-1), torch.ones(2, first.heads, 9))
    query, key = (to(x[2:]).unflatten(-1, (first.heads, -1)).transpose(1, 2) for to in (first.to_q, first.to_k))
    assert_close(recorder.map, (query @ key.transpose(-1, -2) * first.scale).softmax(-1))


def network_attention(module, x):
    """What the attention gives with the arithmetic that diffusers takes."""
    from diffusers.models.attention_processor import AttnProcessor2_0

    with attention.processed([module], AttnProcessor2_0()):
        return module(x)


def test_perturbed_guidance_leads_away_from_the_perturbed_estimate(network):
    x = torch.ones(1, 1, 2, 2)
    asked = []

    def again(side, at, layers):
        asked.append((side, at is x))
        return at * 3

    guided = attention.perturbed(network, 0.5)(Moment(x, 1.0, again, NO_HOOKS), x * 10, Sides(x * 5, x, 4.0))
    assert torch.equal(guided, x * (10 + 0.5 * (5 - 3)))
    assert asked == [(0, True)]


@pytest.mark.parametrize("cfg", [3.0, 1.0])
@pytest.mark.parametrize(
    "one", [patch("perturbed_attention", scale=3.0), patch("self_attention", scale=0.7, blur=2.0)], ids=lambda p: p.kind
)
def test_guidance_by_attention_changes_the_latent_and_leaves_the_network_as_it_was(network, one, cfg):
    before = dict(network.attn_processors)
    plain, changed = sampled(network, cfg=cfg), sampled(network, one, cfg=cfg)
    assert not torch.allclose(plain, changed, atol=1e-4)
    assert network.attn_processors == before
    assert torch.equal(sampled(network, cfg=cfg), plain)


def test_scale_0_is_no_guidance_by_attention(network):
    plain = sampled(network)
    assert torch.equal(sampled(network, patch("perturbed_attention", scale=0.0)), plain)
    assert_close(sampled(network, patch("self_attention", scale=0.0, blur=2.0)), plain, atol=1e-4, rtol=1e-4)


def test_a_place_is_blurred_where_it_is_attended_to_more_than_once_over():
    x = torch.zeros(1, 1, 16, 16)
    x[..., 4, 4] = 1.0
    everywhere, nowhere = torch.full((1, 2, 4, 4), 0.26), torch.full((1, 2, 4, 4), 0.24)
    blurred = attention.blurred_where(x, everywhere, 1.0)
    assert_close(blurred, attention.gaussian_blur(x, 1.0))
    assert blurred.sum().item() == pytest.approx(1.0, abs=1e-3)
    assert torch.equal(attention.blurred_where(x, nowhere, 1.0), x)


def test_freeu_reaches_what_comes_from_below_by_its_width(network):
    places = unet.freeu(network, (1.1, 1.2), (0.9, 0.2), unet.plain)
    found = [(below, b, s) for _, below, b, s in places.__closure__[1].cell_contents]
    assert found == [(32, 1.1, 0.9), (32, 1.1, 0.9), (32, 1.1, 0.9), (16, 1.2, 0.2), (16, 1.2, 0.2)]


def test_freeu_scales_half_of_the_backbone_and_the_low_frequencies_of_the_skip_connection():
    x, skip = torch.randn(1, 4, 8, 8), torch.full((1, 2, 8, 8), 3.0)
    (got, time) = unet.joined(None, (torch.cat([x, skip], 1), "t"), below=4, b=1.5, s=0.5, backbone=unet.plain)
    assert time == "t"
    assert_close(got, torch.cat([x[:, :2] * 1.5, x[:, 2:], skip * 0.5], 1))
    share = (x.mean(1, keepdim=True) - x.mean(1).min()) / (x.mean(1).max() - x.mean(1).min())
    assert_close(unet.by_structure(x, 1.5), x[:, :2] * (1 + 0.5 * share))
    assert_close(unet.by_structure(x[..., :1, :1], 1.5), x[:, :2, :1, :1])
    waves = torch.cos(torch.arange(8) * torch.pi / 2).expand(1, 1, 8, 8)  # of frequency 2: not low
    assert_close(unet.low_scaled(waves, 0.1), waves, atol=1e-6, rtol=0)


@pytest.mark.parametrize("by_structure", [False, True])
def test_freeu_changes_the_latent_only_with_factors_other_than_1(network, by_structure):
    def freeu(b, s):
        return patch("freeu", b1=b, b2=b, s1=s, s2=s, by_structure=by_structure)

    plain = sampled(network)
    assert_close(sampled(network, freeu(1.0, 1.0)), plain, atol=1e-4, rtol=1e-4)
    assert not torch.allclose(sampled(network, freeu(1.4, 0.5)), plain, atol=1e-3)
    assert torch.equal(sampled(network), plain)


def test_blocks_are_skipped_and_come_back(transformer):
    given = {
        "hidden_states": torch.randn(1, 4, 8, 8),
        "encoder_hidden_states": torch.randn(1, 3, 8),
        "pooled_projections": torch.randn(1, 8),
        "timestep": torch.tensor([500.0]),
    }
    whole = transformer(**given).sample
    with layers.without(layers.skipped_blocks(transformer, "1, 7", "0")):
        got = transformer(**given).sample
    assert_close(got, transformer(**given, skip_layers=[1]).sample)
    assert torch.equal(transformer(**given).sample, whole)


def test_skipped_layers_guide_within_their_part_of_the_schedule(transformer):
    x = torch.ones(1, 1, 2, 2)
    blocks = layers.skipped_blocks(transformer, "1", "")

    def guided(sigma, rescaling=0.0):
        change = layers.skip_guidance(blocks, 0.5, start=0.8, end=0.2, rescaling=rescaling)
        spread = torch.tensor([1.0, 2.0, 3.0, 4.0]).view(1, 1, 2, 2)
        return change(Moment(x, sigma, lambda side, at, layers: at * 3, NO_HOOKS), x * 10, Sides(spread, x, 4.0))

    spread = torch.tensor([1.0, 2.0, 3.0, 4.0]).view(1, 1, 2, 2)
    assert_close(guided(0.5), 10 + 0.5 * (spread - 3))
    assert torch.equal(guided(0.9), x * 10)
    assert torch.equal(guided(0.1), x * 10)
    assert_close(guided(0.5, rescaling=1.0).std(), spread.std())


def test_the_negative_side_alone_can_lack_blocks(transformer):
    blocks = layers.skipped_blocks(transformer, "1", "")
    change = layers.skip_negative(blocks, start=0.8, end=0.2)
    x = torch.ones(1)
    moment = Moment(x, 0.5, lambda side, at, layers: at * side, NO_HOOKS)
    assert [float(e) for e in change(moment, [x, x], 4.0)] == [1.0, -1.0]
    off = Moment(x, 0.9, moment.again, NO_HOOKS)
    assert [float(e) for e in change(off, [x, x], 4.0)] == [1.0, 1.0]


def test_a_patch_for_another_kind_of_network_is_refused(network, transformer):
    sampling = ModelSampling.discrete()
    with pytest.raises(ModelError, match="FreeU needs a U-Net"):
        hooks_of(transformer, sampling, recipe(patch("freeu", b1=1, b2=1, s1=1, s2=1, by_structure=False)))
    with pytest.raises(ModelError, match="needs a U-Net with attention in its middle"):
        hooks_of(transformer, sampling, recipe(patch("perturbed_attention", scale=1.0)))
    with pytest.raises(ModelError, match="needs a transformer; this model is a U-Net"):
        hooks_of(network, sampling, recipe(patch("skip_layers", double="1", single="", start=0.0, end=1.0)))
