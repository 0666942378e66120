"""Guidance that patches ask for, against its formulas, on estimates that are known."""

import math
from dataclasses import replace

import pytest
import torch
from torch.testing import assert_close

from calotype.diffusion.changes import guidance, masks
from calotype.diffusion.changes.table import changed, hooks_of
from calotype.diffusion.latents import LatentFormat
from calotype.diffusion.sampling import ModelSampling, sample
from calotype.diffusion.sampling.guiders import rescaled
from calotype.diffusion.sampling.hooks import (
    NO_HOOKS,
    Hooks,
    Moment,
    Sides,
    cfg_scheme,
    dual_scheme,
    perp_neg_scheme,
    perpendicular,
)
from calotype.types import Conditioning, FileRef, Latent, Model, Patch, Prompt


def randn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


X, POSITIVE, NEGATIVE = (randn(2, 4, 3, 5, seed=s) for s in range(3))
SIDES = Sides(POSITIVE, NEGATIVE, 4.0)
GUIDED = NEGATIVE + 4.0 * (POSITIVE - NEGATIVE)


def moment(sigma=2.0, hooks=NO_HOOKS, alone=False):
    return Moment(X, sigma, lambda side, x, layers=None: x, hooks, alone)


def norm(x):
    return torch.linalg.vector_norm(x.flatten(1), dim=1)


def test_rescaling_keeps_the_contrast_of_the_positive_prediction():
    got = guidance.rescale(1.0)(moment(), SIDES)
    mean, scale = X / 5, 2 / math.sqrt(5)
    v = lambda e: (mean - e) / scale  # noqa: E731
    assert_close(v(got).std((1, 2, 3)), v(POSITIVE).std((1, 2, 3)))
    assert_close(guidance.rescale(0.0)(moment(), SIDES), GUIDED)
    assert torch.equal(got, rescaled(4.0, 1.0)((POSITIVE, NEGATIVE), X, 2.0))


def test_renormed_guidance_is_no_longer_than_the_positive_estimate():
    got = guidance.renorm(1.0, until=100.0)(moment(), SIDES)
    assert_close(norm(got), norm(POSITIVE))
    assert_close(got / norm(got).view(-1, 1, 1, 1), GUIDED / norm(GUIDED).view(-1, 1, 1, 1))
    assert_close(guidance.renorm(100.0, until=100.0)(moment(), SIDES), GUIDED)
    assert_close(guidance.renorm(0.0, until=100.0)(moment(), SIDES), GUIDED)
    assert torch.equal(guidance.renorm(1.0, until=2.0)(moment(2.0), SIDES), POSITIVE)


def projected(change, positive=POSITIVE, sigma=2.0):
    moved, negative = change(moment(sigma), [positive, NEGATIVE], 4.0)
    assert torch.equal(negative, NEGATIVE)
    return moved - NEGATIVE - (positive - NEGATIVE) / 4.0


def test_projected_guidance_is_the_direction_with_its_parts_weighed():
    whole = projected(guidance.Projection(eta=1.0, limit=0.0, momentum=0.0))
    assert_close(whole, POSITIVE - NEGATIVE)
    across = projected(guidance.Projection(eta=0.0, limit=0.0, momentum=0.0))
    assert_close((across * POSITIVE).sum((1, 2, 3)), torch.zeros(2, dtype=torch.float64))
    assert_close(((whole - across) * across).sum((1, 2, 3)), torch.zeros(2, dtype=torch.float64))


def test_projected_guidance_is_cut_to_a_length_and_remembers():
    assert_close(norm(projected(guidance.Projection(1.0, 0.5, 0.0))), torch.full((2,), 0.5, dtype=torch.float64))
    change = guidance.Projection(1.0, 0.0, 0.5)
    first = projected(change)
    assert_close(projected(change, sigma=1.0), 1.5 * first)
    assert_close(projected(change, sigma=3.0), first)  # a new run


def test_damping_leaves_of_the_negative_score_what_lies_along_the_main_direction():
    same, damped = guidance.damp_tangent(moment(), [POSITIVE, NEGATIVE], 4.0)
    assert torch.equal(same, POSITIVE)
    scores = torch.stack([(X - NEGATIVE)[0].flatten(), (X - POSITIVE)[0].flatten()])
    main = torch.linalg.svd(scores, full_matrices=False).Vh[0]
    assert_close((X - damped)[0].flatten(), (scores[0] @ main) * main, atol=1e-5, rtol=1e-4)
    alone = [POSITIVE, torch.zeros_like(POSITIVE)]
    assert guidance.damp_tangent(moment(alone=True), alone, 1.0) is alone


def test_zero_star_scales_the_negative_side_by_least_squares():
    got = guidance.zero_star(moment(), GUIDED, SIDES)
    positive, negative = (X - POSITIVE).flatten(1), (X - NEGATIVE).flatten(1)
    best = ((positive * negative).sum(1) / (negative**2).sum(1)).view(-1, 1, 1, 1)
    assert_close(got, NEGATIVE * best + 4.0 * (POSITIVE - NEGATIVE * best))


def test_the_norm_over_channels_is_at_most_that_of_the_positive_estimate():
    got = guidance.normed(1.0)(moment(), GUIDED, SIDES)
    most = torch.linalg.vector_norm(POSITIVE, dim=1)
    assert bool((torch.linalg.vector_norm(got, dim=1) <= most * 1.0001).all())
    assert_close(guidance.normed(2.0)(moment(), POSITIVE, SIDES), 2 * POSITIVE, atol=1e-6, rtol=1e-6)


def test_sides_that_agree_are_guided_as_usual_and_the_leap_counts_where_they_do_not():
    agreeing = Sides(POSITIVE, POSITIVE, 4.0)
    assert_close(guidance.towards_positive(moment(), 4.0 * POSITIVE, agreeing), 4.0 * POSITIVE)
    opposed = Sides(POSITIVE, -POSITIVE, 4.0)
    got = guidance.towards_positive(moment(), 2.0 * POSITIVE, opposed)
    assert_close(got, 4.0 * POSITIVE)  # alike = 0: the leap alone


def test_what_is_perpendicular_of_the_negative_is_led_away_from():
    empty = torch.zeros(1, 2)
    positive, negative = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.5, 3.0]])
    assert perpendicular(positive, negative, empty, cfg=2.0, scale=0.5).tolist() == [[2.0, -3.0]]
    assert perpendicular(empty, negative, empty, cfg=2.0, scale=0.5).isfinite().all()


def test_patches_act_in_their_order():
    double = Hooks(after=(lambda m, g, s: g * 2, lambda m, g, s: g + 1))
    assert_close(cfg_scheme(4.0)([POSITIVE, NEGATIVE], moment(hooks=double)).estimate, GUIDED * 2 + 1)
    only = Hooks(combine=lambda m, s: s.positive)
    assert torch.equal(cfg_scheme(4.0)([POSITIVE, NEGATIVE], moment(hooks=only)).estimate, POSITIVE)


def test_of_two_positives_patches_act_once_and_the_negative_is_that_which_leads_there():
    double = moment(hooks=Hooks(before=(lambda m, e, cfg: [e[0] * 9, *e[1:]],), after=(lambda m, g, s: g * 2 + 1,)))
    sides = [POSITIVE, NEGATIVE, X]
    plain, nested = dual_scheme(2.0, 4.0)(sides, double), dual_scheme(2.0, 4.0, nested=True)(sides, double)
    assert_close(plain.estimate, (X + 4.0 * (NEGATIVE - X)) * 2 + 1 + 2.0 * (POSITIVE - NEGATIVE))
    inner = (NEGATIVE + 2.0 * (POSITIVE - NEGATIVE)) * 2 + 1
    assert_close(nested.estimate, X + 4.0 * (inner - X))
    assert plain.negative is X and nested.negative is NEGATIVE
    one = dual_scheme(1.0, 1.0)(sides, replace(double, whole=False))
    assert_close(one.estimate, POSITIVE + 1) and not one.negative.any()
    assert perp_neg_scheme(2.0, 1.0)(sides, moment()).negative is NEGATIVE


def test_a_run_that_goes_on_below_the_last_keeps_the_direction_of_its_guidance():
    whole, levels = sampled(MOMENTUM, sigmas=LEVELS), [LEVELS[:3], LEVELS[2:]]
    first = result(MOMENTUM, sigmas=levels[0])
    assert [(one.sigma, one.values.shape) for one in first.directions] == [(6.0, first.samples.shape)]
    assert_close(sampled(MOMENTUM, latent=first, sigmas=levels[1], add_noise=False), whole)
    forgetful = replace(first, directions=())
    assert not torch.allclose(sampled(MOMENTUM, latent=forgetful, sigmas=levels[1], add_noise=False), whole, atol=1e-3)
    other = patch("projected_guidance", eta=0.1, limit=0.0, momentum=0.5)
    assert result(other, latent=first, sigmas=levels[1]).directions[0].of != first.directions[0].of
    again = sampled(MOMENTUM, latent=replace(first, samples=torch.zeros(1, 4, 4, 4)), sigmas=LEVELS)
    assert_close(again, whole)  # it begins above where the last one ended


def test_a_direction_is_stored_with_its_latent():
    latent = result(MOMENTUM, sigmas=LEVELS[:3])
    again = Latent.from_tensors(*latent.to_tensors())
    (kept,), (went,) = again.directions, latent.directions
    assert torch.equal(kept.values, went.values) and (kept.of, kept.sigma) == (went.of, went.sigma)
    assert torch.equal(again.samples, latent.samples)
    assert (again.noise_mask, again.indices, again.total, again.apart) == (None, None, None, False)


def test_a_mask_says_when_each_place_is_denoised():
    sampling = ModelSampling.discrete()
    sigmas = torch.tensor([sampling.sigma(999), sampling.sigma(500), 0.0])
    mask = torch.tensor([0.0, 0.4, 0.6, 1.0])
    at = masks.differential()(sampling, sigmas)
    half = sampling.sigma(500)
    assert at(mask, float(sigmas[0])).tolist() == [0, 0, 0, 1]
    assert at(mask, half).tolist() == [0, 0, 1, 1]
    assert at(mask, sampling.sigma_min).tolist() == [1, 1, 1, 1]
    soft = masks.differential(0.5)(sampling, sigmas)
    assert_close(soft(mask, half), torch.tensor([0.0, 0.2, 0.8, 1.0]))


class Toy:
    """Predicts noise by a rule of latent and tokens; nothing inside."""

    family, sampling, latent = "toy", ModelSampling.discrete(), LatentFormat(4, 0.5)
    device, dtype = torch.device("cpu"), torch.float32
    module = None

    def predict(self, x, timestep, tokens, **more):
        said = tokens.mean((1, 2))[:, None, None, None]
        return torch.tanh(x) * 0.3 + torch.sin(3 * x) * said


def prompt(value):
    return Conditioning((Prompt(torch.full((1, 3, 2), value)),), "toy")


def recipe(*patches):
    return Model(FileRef("checkpoints", "toy.safetensors"), "toy", patches)


def result(*patches, cfg=3.0, **how):
    latent = how.pop("latent", Latent(torch.zeros(1, 4, 4, 4)))
    toy = changed(Toy(), recipe(*patches))
    return sample(toy, prompt(0.5), prompt(-0.5), latent, steps=4, seed=1, cfg=cfg, **how).latent


def sampled(*patches, **how):
    return result(*patches, **how).samples


def patch(kind, **settings):
    return Patch(kind, settings=tuple(settings.items()))


LEVELS = torch.tensor([14.0, 6.0, 2.0, 0.5, 0.0])
MOMENTUM = patch("projected_guidance", eta=0.5, limit=0.0, momentum=0.5)

KINDS = [
    patch("rescale_cfg", share=0.7),
    patch("renorm_cfg", limit=1.0, until=100.0),
    patch("projected_guidance", eta=0.5, limit=5.0, momentum=0.1),
    patch("tangential_damping"),
    patch("cfg_zero_star"),
    patch("cfg_norm", strength=0.9),
    patch("positive_guidance"),
]


@pytest.mark.parametrize("one", KINDS, ids=lambda p: p.kind)
def test_a_patch_takes_part_in_sampling_also_in_cfg_pp(one):
    for sampler in ("euler", "euler_cfg_pp"):
        plain, changed = sampled(sampler=sampler), sampled(one, sampler=sampler)
        assert not torch.allclose(plain, changed, atol=1e-3)
        assert bool(changed.isfinite().all())


def test_a_differential_mask_lets_more_of_the_latent_stay():
    given = torch.ones(1, 4, 4, 4)
    mask = torch.linspace(0, 1, 4).expand(1, 4, 4)
    latent = Latent(given, mask)
    got = sampled(patch("differential", strength=1.0), latent=latent)
    moved = (got - given).abs().mean((0, 1, 2))
    assert moved[0] < moved[3] / 4
    assert not torch.allclose(got, sampled(latent=latent))


def test_patches_of_weights_and_levels_are_none_of_guidance():
    assert hooks_of(None, Toy.sampling, recipe(patch("lora"), patch("sampling"), patch("merge"))) is NO_HOOKS
