"""Classifier-free guidance, several prompts, ControlNets."""

from dataclasses import dataclass, field

import pytest
import torch

from calotype.diffusion.sampling import Guidance
from calotype.diffusion.sampling.guidance import fit_picture
from calotype.diffusion.sampling.guiders import classifier_free
from calotype.types import Conditioning, Control, ControlNet, FileRef, Prompt

SHAPE = (2, 4, 16, 16)
X = torch.randn(SHAPE, generator=torch.Generator().manual_seed(0))
SIGMA = 2.0
NET, OTHER = (ControlNet(FileRef("controlnet", name), "toy") for name in ("edges", "depth"))


def estimate(toy, conditioning, x=X, sigma=SIGMA):
    """What the toy says for one conditioning of one prompt, without any guidance."""
    tokens = conditioning.prompts[0].tokens.expand(x.shape[0], -1, -1)
    time = torch.full((x.shape[0],), toy.sampling.timestep(sigma))
    return toy.sampling.denoised(toy.predict(x * toy.sampling.c_in(sigma), time, tokens), x, sigma)


def guided(toy, positive, negative, cfg=3.0, **options):
    return Guidance(toy, [positive, negative], None if cfg == 1 else classifier_free(cfg), SHAPE, **options)


def joined(*conditionings):
    return Conditioning(tuple(p for c in conditionings for p in c.prompts), "toy")


def test_guidance_moves_away_from_the_negative_prompt(toy, prompt):
    positive, negative = prompt(1.0), prompt(-1.0)
    expected = estimate(toy, negative) + 3 * (estimate(toy, positive) - estimate(toy, negative))
    torch.testing.assert_close(guided(toy, positive, negative)(X, SIGMA), expected)


def test_both_sides_go_through_the_model_at_once(toy, prompt):
    guided(toy, prompt(1.0), prompt(-1.0))(X, SIGMA)
    assert [call["x"].shape[0] for call in toy.calls] == [4]


def test_a_cfg_of_1_is_the_positive_prompt_alone(toy, prompt):
    ours = guided(toy, prompt(1.0), prompt(-1.0), cfg=1.0)(X, SIGMA)
    assert [call["x"].shape[0] for call in toy.calls] == [2]
    torch.testing.assert_close(ours, estimate(toy, prompt(1.0)))


def test_the_negative_estimate_is_there_for_cfg_pp_even_at_1(toy, prompt):
    ours, negative = guided(toy, prompt(1.0), prompt(-1.0), cfg=1.0).both(X, SIGMA)
    torch.testing.assert_close(ours, estimate(toy, prompt(1.0)))
    torch.testing.assert_close(negative, estimate(toy, prompt(-1.0)))


def test_tokens_of_different_lengths_are_repeated_to_fit_one_batch(toy, prompt):
    ours = guided(toy, prompt(1.0, 77), prompt(-1.0, 231))(X, SIGMA)
    assert [call["tokens"].shape for call in toy.calls] == [(4, 231, 8)]
    torch.testing.assert_close(ours, guided(toy, prompt(1.0), prompt(-1.0))(X, SIGMA))


@pytest.mark.parametrize("lengths", [(77, 77 * 5), (77, 78)])
def test_tokens_that_would_grow_too_long_run_apart_with_the_same_result(lengths, toy, prompt):
    ours = guided(toy, prompt(1.0, lengths[0]), prompt(-1.0, lengths[1]))(X, SIGMA)
    assert [call["x"].shape[0] for call in toy.calls] == [2, 2]
    torch.testing.assert_close(ours, guided(toy, prompt(1.0), prompt(-1.0))(X, SIGMA))


def test_flow_models_never_repeat_tokens(toy_on, prompt):
    from calotype.diffusion.sampling import ModelSampling

    toy = toy_on(ModelSampling.flow())
    guided(toy, prompt(1.0, 77), prompt(-1.0, 154))(X, 0.5)
    assert [call["tokens"].shape[1] for call in toy.calls] == [77, 154]


def test_prompts_that_the_model_must_be_told_differently_about_run_apart(toy, prompt):
    batched = guided(toy, prompt(1.0, width=512), prompt(-1.0, width=512))(X, SIGMA)
    apart = guided(toy, prompt(1.0, width=512), prompt(-1.0, width=64))(X, SIGMA)
    assert [call["x"].shape[0] for call in toy.calls] == [4, 2, 2]
    assert [call["options"]["width"] for call in toy.calls] == [512, 512, 64]
    torch.testing.assert_close(apart, batched)


def test_an_area_of_the_whole_shares_a_batch_with_prompts_without_one(toy, prompt):
    whole = prompt(5.0, area=(16, 16, 0, 0), tensors={"mask": torch.ones(1, 16, 16)})
    ours = guided(toy, joined(prompt(1.0), whole), prompt(-1.0))(X, SIGMA)
    assert [call["x"].shape[0] for call in toy.calls] == [8]
    torch.testing.assert_close(ours, guided(toy, joined(prompt(1.0), prompt(5.0)), prompt(-1.0))(X, SIGMA))


def test_further_tensors_reach_the_model_for_every_row_and_cut_to_the_area(toy, prompt):
    concat = torch.arange(16.0).expand(1, 5, 16, 16)
    area = prompt(1.0, area=(8, 8, 0, 4), tensors={"concat": concat})
    guided(toy, area, prompt(-1.0, tensors={"concat": concat}))(X, SIGMA)
    shapes = [tuple(call["options"]["concat"].shape) for call in toy.calls]
    assert sorted(shapes) == [(2, 5, 16, 16), (4, 5, 8, 8)]
    cut = next(call["options"]["concat"] for call in toy.calls if call["x"].shape[-1] == 8)
    assert cut[0, 0, 0].tolist() == list(range(4, 12))


def test_several_prompts_are_averaged_by_strength(toy, prompt):
    both = joined(prompt(1.0, strength=3.0), prompt(5.0))
    ours = guided(toy, both, prompt(0.0), cfg=1.0)(X, SIGMA)
    expected = (3 * estimate(toy, prompt(1.0)) + estimate(toy, prompt(5.0))) / 4
    torch.testing.assert_close(ours, expected)


def test_masks_mix_prompts_by_place_and_are_resized(toy, prompt):
    left = torch.zeros(1, 128, 128)
    left[:, :, :64] = 1
    both = joined(prompt(1.0, tensors={"mask": left}), prompt(5.0, tensors={"mask": 1 - left}))
    ours = guided(toy, both, prompt(0.0), cfg=1.0)(X, SIGMA)
    expected = estimate(toy, prompt(5.0))
    expected[..., :8] = estimate(toy, prompt(1.0))[..., :8]
    torch.testing.assert_close(ours, expected)


def test_a_masks_strength_counts_against_other_prompts(toy, prompt):
    mask = torch.ones(16, 16)
    both = joined(prompt(1.0, tensors={"mask": mask}, mask_strength=0.5), prompt(5.0))
    ours = guided(toy, both, prompt(0.0), cfg=1.0)(X, SIGMA)
    expected = (0.5 * estimate(toy, prompt(1.0)) + estimate(toy, prompt(5.0))) / 1.5
    torch.testing.assert_close(ours, expected)


def test_the_box_around_a_mask_is_all_that_is_evaluated(toy, prompt):
    mask = torch.zeros(16, 16)
    mask[4:14, 2:4] = 1
    both = joined(prompt(1.0, tensors={"mask": mask}, mask_bounds=True), prompt(5.0))
    guided(toy, both, prompt(0.0), cfg=1.0)(X, SIGMA)
    assert sorted(tuple(call["x"].shape[2:]) for call in toy.calls) == [(10, 8), (16, 16)]


@pytest.mark.parametrize("option", [{"area": (16, 8, 0, 8)}, {"area_share": (1.0, 0.5, 0.0, 0.5)}])
def test_an_area_is_evaluated_alone_and_fades_in_at_its_inner_edges(option, toy, prompt):
    ours = guided(toy, joined(prompt(1.0, **option), prompt(5.0)), prompt(0.0), cfg=1.0)(X, SIGMA)
    assert sorted(tuple(call["x"].shape[2:]) for call in toy.calls) == [(16, 8), (16, 16)]
    weight = torch.zeros(16)
    weight[8:] = torch.tensor([0.5, 1, 1, 1, 1, 1, 1, 1])  # two of eight cells fade
    one, other = estimate(toy, prompt(1.0)), estimate(toy, prompt(5.0))
    torch.testing.assert_close(ours, (weight * one + other) / (weight + 1))


def test_an_area_gets_a_counterpart_on_the_other_side(toy, prompt):
    guidance = guided(toy, joined(prompt(1.0, area=(16, 8, 0, 8)), prompt(5.0)), prompt(0.0))
    guidance(X, SIGMA)
    shapes = sorted(tuple(call["x"].shape) for call in toy.calls)
    assert shapes == [(4, 4, 16, 8), (4, 4, 16, 16)]


def test_where_no_prompt_applies_the_estimate_is_nothing(toy, prompt):
    ours = guided(toy, prompt(1.0, area=(16, 8, 0, 8)), prompt(0.0), cfg=1.0)(X, SIGMA)
    assert not ours[..., :8].any()


@pytest.mark.parametrize(("share", "which"), [(0.2, 1.0), (0.8, 5.0)])
def test_prompts_apply_in_their_part_of_the_schedule(share, which, toy, prompt):
    both = joined(prompt(1.0, end=0.5), prompt(5.0, start=0.5))
    sigma = toy.sampling.percent_to_sigma(share)
    ours = guided(toy, both, prompt(0.0), cfg=1.0)(X, sigma)
    torch.testing.assert_close(ours, estimate(toy, prompt(which), sigma=sigma))


def test_each_image_may_have_its_own_prompt(toy):
    tokens = torch.stack([torch.full((77, 8), value) for value in (1.0, 2.0)])
    one = Conditioning((Prompt(tokens),), "toy")
    guided(toy, one, one, cfg=1.0)(X, SIGMA)
    assert toy.calls[0]["tokens"][:, 0, 0].tolist() == [1.0, 2.0]


@dataclass
class Steering:
    """A ControlNet that adds a number; remembers its calls."""

    value: float = 1.0
    calls: list = field(default_factory=list)

    def residuals(self, x, timestep, tokens, hint, *, strength=1.0, pooled=None, options=None):
        self.calls.append((tuple(x.shape), tuple(hint.shape)))
        return self.value * strength


def with_controls(conditioning, *controls):
    return conditioning.mapped(controls=controls)


def test_a_controlnet_steers_both_sides_in_one_batch(toy, prompt):
    control, net = Control(NET, torch.rand(1, 64, 96, 3), strength=0.5), Steering()
    positive, negative = (with_controls(prompt(value), control) for value in (1.0, -1.0))
    ours = guided(toy, positive, negative, controls={NET: net})(X, SIGMA)
    assert net.calls == [((4, 4, 16, 16), (4, 3, 128, 128))]
    plain = guided(toy, prompt(1.0), prompt(-1.0))(X, SIGMA)
    torch.testing.assert_close(ours, plain - SIGMA * 0.5)


def test_equal_hints_in_different_places_share_a_batch(toy, prompt):
    hint = torch.rand(1, 64, 64, 3)
    positive, negative = (with_controls(prompt(v), Control(NET, hint.clone())) for v in (1.0, -1.0))
    guided(toy, positive, negative, controls={NET: Steering()})(X, SIGMA)
    assert len(toy.calls) == 1


def test_chained_controlnets_add_up(toy, prompt):
    controls = [Control(net, torch.rand(1, 64, 64, 3)) for net in (NET, OTHER)]
    ours = guided(
        toy,
        with_controls(prompt(1.0), *controls),
        prompt(0.0),
        cfg=1.0,
        controls={NET: Steering(1), OTHER: Steering(2)},
    )(X, SIGMA)
    torch.testing.assert_close(ours, estimate(toy, prompt(1.0)) - SIGMA * 3)


@pytest.mark.parametrize(("share", "calls"), [(0.1, 0), (0.5, 1), (0.9, 0)])
def test_a_controlnet_works_in_its_part_of_the_schedule(share, calls, toy, prompt):
    net, sigma = Steering(), toy.sampling.percent_to_sigma(share)
    control = Control(NET, torch.rand(1, 64, 64, 3), 1.0, 0.2, 0.8)
    guided(toy, with_controls(prompt(1.0), control), prompt(0.0), cfg=1.0, controls={NET: net})(X, sigma)
    assert len(net.calls) == calls


def test_a_conditioning_may_lend_its_controlnets_to_the_other_side(toy, prompt):
    control, net = Control(NET, torch.rand(1, 64, 64, 3)), Steering()
    lending = with_controls(prompt(1.0, controls_for_negative=True), control)
    guided(toy, lending, prompt(-1.0), controls={NET: net})(X, SIGMA)
    assert net.calls == [((4, 4, 16, 16), (4, 3, 128, 128))]


def test_the_last_of_several_lent_controlnets_steers_the_only_negative_prompt(toy, prompt):
    lent = [
        with_controls(prompt(1.0, controls_for_negative=True), Control(net, torch.rand(1, 8, 8, 3)))
        for net in (NET, OTHER)
    ]
    both = joined(*lent)
    nets = {NET: Steering(), OTHER: Steering()}
    guided(toy, both, prompt(-1.0), controls=nets)(X, SIGMA)
    assert [sum(rows for (rows, *_), _ in net.calls) for net in nets.values()] == [2, 4]


def test_as_many_pictures_as_rows_go_to_a_row_each_the_negative_prompts_first(toy, prompt):
    hints, seen = torch.rand(4, 128, 128, 3), []
    net = Steering()
    net.residuals = lambda x, time, tokens, hint, **said: seen.append(hint) or torch.zeros(())
    lending = with_controls(prompt(1.0, controls_for_negative=True), Control(NET, hints))
    guided(toy, lending, prompt(-1.0), controls={NET: net})(X, SIGMA)
    assert torch.equal(seen[0], hints[[2, 3, 0, 1]].movedim(-1, 1))


def test_a_picture_is_cut_in_the_middle_and_resized():
    picture = torch.arange(6.0).expand(1, 1, 4, 6)
    assert fit_picture(picture, (2, 2))[0, 0].tolist() == [[2.0, 4.0], [2.0, 4.0]]
    assert fit_picture(picture.mT, (2, 2))[0, 0].tolist() == [[2.0, 2.0], [4.0, 4.0]]


def test_areas_of_a_latent_that_grows_are_those_of_the_larger_one(toy, prompt):
    """SamplerLCMUpscale: an area that reached out of the small latent has room in the large one."""
    far = joined(prompt(1.0), prompt(2.0, area=(12, 12, 10, 10), strength=0.5))
    large = torch.randn((2, 4, 24, 24), generator=torch.Generator().manual_seed(1))
    guidance = guided(toy, far, prompt(-1.0))
    small = guidance(X, SIGMA)
    expected = Guidance(toy, [far, prompt(-1.0)], classifier_free(3.0), large.shape)(large, SIGMA)
    torch.testing.assert_close(guidance(large, SIGMA), expected)
    torch.testing.assert_close(guidance(X, SIGMA), small)


def test_what_a_denoiser_does_not_hear_keeps_no_prompts_apart(toy, prompt):
    toy.hears = lambda name: name != "guidance"
    guided(toy, prompt(1.0, guidance=3.0), prompt(-1.0))(X, SIGMA)
    assert [(call["x"].shape[0], call["options"]) for call in toy.calls] == [(4, {})]
