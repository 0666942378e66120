"""Ways to combine estimates."""

import pytest
import torch

from calotype.diffusion.sampling import sample
from calotype.diffusion.sampling.guiders import classifier_free, dual, projected, rescaled
from calotype.types import Latent

X, FIRST, SECOND, NEGATIVE = (torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(i)) for i in range(4))
SIGMA = 2.0


def test_classifier_free_guidance():
    expected = NEGATIVE + 7 * (FIRST - NEGATIVE)
    torch.testing.assert_close(classifier_free(7.0)((FIRST, NEGATIVE), X, SIGMA), expected, atol=1e-5, rtol=1e-5)


def test_dual_guidance_is_the_sum_of_both_directions():
    expected = NEGATIVE + 3 * (SECOND - NEGATIVE) + 2 * (FIRST - SECOND)
    torch.testing.assert_close(dual(2.0, 3.0)((FIRST, SECOND, NEGATIVE), X, SIGMA), expected, atol=1e-5, rtol=1e-5)


def test_nested_dual_guidance_scales_the_mixture():
    mixture = SECOND + 2 * (FIRST - SECOND)
    expected = NEGATIVE + 3 * (mixture - NEGATIVE)
    ours = dual(2.0, 3.0, nested=True)((FIRST, SECOND, NEGATIVE), X, SIGMA)
    torch.testing.assert_close(ours, expected, atol=1e-5, rtol=1e-5)


def v(estimate):
    return (X / (SIGMA**2 + 1) - estimate) * (SIGMA**2 + 1) ** 0.5 / SIGMA


def test_rescaled_guidance_has_the_deviation_of_the_positive_prediction():
    ours = v(rescaled(7.0, 1.0)((FIRST, NEGATIVE), X, SIGMA))
    torch.testing.assert_close(ours.std((1, 2, 3)), v(FIRST).std((1, 2, 3)))


def test_no_share_of_rescaling_is_classifier_free_guidance():
    plain = classifier_free(7.0)((FIRST, NEGATIVE), X, SIGMA)
    torch.testing.assert_close(rescaled(7.0, 0.0)((FIRST, NEGATIVE), X, SIGMA), plain, atol=1e-4, rtol=1e-4)


def test_projected_guidance_without_its_changes_is_classifier_free_guidance():
    plain = classifier_free(7.0)((FIRST, NEGATIVE), X, SIGMA)
    ours = projected(7.0, eta=1.0, limit=0.0)((FIRST, NEGATIVE), X, SIGMA)
    torch.testing.assert_close(ours, plain, atol=1e-4, rtol=1e-4)


def test_projected_guidance_moves_across_the_positive_estimate_and_no_further_than_its_limit():
    moved = projected(2.0, eta=0.0, limit=0.5)((FIRST, NEGATIVE), X, SIGMA) - FIRST
    assert (moved * FIRST).sum((1, 2, 3)).abs().max() < 1e-4
    assert torch.linalg.vector_norm(moved, dim=(1, 2, 3)).max() <= 0.5


def test_momentum_carries_the_direction_on():
    guide = projected(2.0, eta=1.0, limit=0.0, momentum=-0.5)
    first, second = (guide((FIRST, NEGATIVE), X, SIGMA) - FIRST for _ in range(2))
    torch.testing.assert_close(second, 0.5 * first, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("sampler", ["euler", "euler_cfg_pp"])
def test_a_run_may_bring_its_guider_and_further_conditionings(sampler, toy, prompt):
    sides = prompt(1.0), prompt(-1.0)
    settings = {"latent": Latent(torch.zeros(1, 4, 8, 8)), "sampler": sampler, "steps": 3, "seed": 1}
    dualled = sample(toy, *sides, **settings, guider=dual(2.0, 2.0), others=[prompt(0.5)])
    assert [call["x"].shape[0] for call in toy.calls] == [3, 3, 3]
    plain = sample(toy, *sides, **settings, cfg=2.0)
    torch.testing.assert_close(dualled.latent.samples, plain.latent.samples, atol=1e-4, rtol=1e-4)
