"""Guidance against the formulas of diffusers' guiders, on the same estimates."""

import math

import pytest
import torch
from torch.testing import assert_close

from calotype.diffusion.changes import guidance
from calotype.diffusion.sampling.guiders import projected
from calotype.diffusion.sampling.hooks import NO_HOOKS, Moment, Sides

CFG, SIGMA = 4.0, 2.0
X, POSITIVE, NEGATIVE, LATER = (
    torch.randn(2, 4, 3, 5, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) for seed in range(4)
)
MOMENT = Moment(X, SIGMA, lambda side, x, layers=None: x, NO_HOOKS, False)


@pytest.mark.parametrize("eta", [1.0, 0.0, -0.5])
@pytest.mark.parametrize("limit", [0.0, 1.5])
def test_projected_guidance_is_theirs_with_its_momentum(eta, limit):
    from diffusers.guiders.adaptive_projected_guidance import MomentumBuffer, normalized_guidance

    ours, plain = guidance.Projection(eta, limit, -0.5), projected(CFG, eta, limit, -0.5)
    buffers = [MomentumBuffer(-0.5), MomentumBuffer(-0.5)]
    for positive in (POSITIVE, LATER):
        theirs = [
            normalized_guidance(positive, NEGATIVE, scale, buffer, eta, limit, use_original_formulation=True)
            for scale, buffer in zip((CFG, CFG - 1), buffers, strict=True)
        ]
        moved, negative = ours(MOMENT, [positive, NEGATIVE], CFG)
        assert_close(negative + CFG * (moved - negative), theirs[0])
        assert_close(plain([positive, NEGATIVE], X, SIGMA), theirs[1])


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_rescaled_guidance_is_theirs_on_v_predictions(share):
    from diffusers.guiders.guider_utils import rescale_noise_cfg

    scale, mean = SIGMA / math.sqrt(SIGMA**2 + 1), X / (SIGMA**2 + 1)
    positive, negative = ((mean - estimate) / scale for estimate in (POSITIVE, NEGATIVE))
    theirs = rescale_noise_cfg(negative + CFG * (positive - negative), positive, share)
    assert_close(guidance.rescale(share)(MOMENT, Sides(POSITIVE, NEGATIVE, CFG)), mean - theirs * scale)


def test_tangential_damping_is_theirs_on_scores():
    from diffusers.guiders.tangential_classifier_free_guidance import normalized_guidance

    positive, damped = guidance.damp_tangent(MOMENT, [POSITIVE, NEGATIVE], CFG)
    along = normalized_guidance(X - POSITIVE, X - NEGATIVE, 0.0)  # at scale 0: the negative score, damped
    assert torch.equal(positive, POSITIVE)
    assert_close(along, X - damped, atol=1e-5, rtol=1e-4)


def test_zero_star_scales_by_their_factor():
    from diffusers.guiders.classifier_free_zero_star_guidance import cfg_zero_star_scale

    positive, negative = (X - estimate for estimate in (POSITIVE, NEGATIVE))
    best = cfg_zero_star_scale(positive.flatten(1), negative.flatten(1)).view(-1, 1, 1, 1)
    plain = NEGATIVE + CFG * (POSITIVE - NEGATIVE)
    got = guidance.zero_star(MOMENT, plain, Sides(POSITIVE, NEGATIVE, CFG))
    assert_close(got, NEGATIVE * best + CFG * (POSITIVE - NEGATIVE * best), atol=1e-5, rtol=1e-5)
