"""Noise schedules."""

from typing import get_args

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from calotype.diffusion.names import ScheduleName
from calotype.diffusion.sampling import SCHEDULES, ModelSampling, sigmas_for
from calotype.diffusion.sampling.schedules import exponential_levels, karras_levels, laplace_levels, vp_levels

MODELS = {
    "eps": ModelSampling.discrete(),
    "zero-snr": ModelSampling.discrete("v", zero_snr=True),
    "flow": ModelSampling.flow(3.0),
    "narrow-flow": ModelSampling.flow(1.15, steps=10_000),
}


def test_every_name_has_a_schedule():
    assert set(SCHEDULES) == set(get_args(ScheduleName))


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(sorted(SCHEDULES)), st.sampled_from(sorted(MODELS)), st.integers(1, 120))
def test_a_schedule_falls_from_near_the_highest_level_to_zero(name, model, steps):
    sigmas = SCHEDULES[name](MODELS[model], steps)
    assert sigmas.dtype == torch.float32
    assert bool((sigmas.diff() < 0).all())
    assert sigmas[-1] == 0
    assert 0 < sigmas[0] <= MODELS[model].sigma_max * (1 + 1e-5)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(sorted(set(SCHEDULES) - {"ddim_uniform", "beta"})), st.integers(1, 120))
def test_a_schedule_has_a_level_more_than_steps(name, steps):
    assert len(SCHEDULES[name](MODELS["eps"], steps)) == steps + 1


@given(st.integers(1, 300))
def test_ddim_uniform_has_at_least_as_many_steps_as_asked(steps):
    assert len(SCHEDULES["ddim_uniform"](MODELS["eps"], steps)) > steps


@settings(deadline=None)
@given(st.sampled_from(sorted(SCHEDULES)), st.integers(1, 40), st.floats(0.05, 0.99))
def test_a_share_of_the_schedule_is_the_end_of_a_longer_one(name, steps, denoise):
    part = sigmas_for(MODELS["eps"], name, steps, denoise)
    longer = sigmas_for(MODELS["eps"], name, int(steps / denoise))
    assert torch.equal(part, longer[-(steps + 1) :])


def test_no_share_of_the_schedule_has_no_levels():
    assert len(sigmas_for(MODELS["eps"], "normal", 20, 0.0)) == 0


@pytest.mark.parametrize("sampler", ["dpm_2", "dpm_2_ancestral", "uni_pc", "uni_pc_bh2"])
def test_samplers_that_drop_a_level_still_have_the_steps_asked_for(sampler):
    sigmas = sigmas_for(MODELS["eps"], "normal", 10, sampler=sampler)
    eleven = sigmas_for(MODELS["eps"], "normal", 11)
    assert torch.equal(sigmas, torch.cat([eleven[:-2], eleven[-1:]]))


def test_known_levels_of_karras_schedule():
    sigmas = karras_levels(3, 1.0, 128.0)
    torch.testing.assert_close(sigmas, torch.tensor([128, 1.5**7, 1, 0]))


def test_known_levels_of_the_normal_schedule():
    model = MODELS["eps"]
    expected = [*(model.sigma(t) for t in (999, 799.2, 599.4, 399.6, 199.8, 0)), 0]
    torch.testing.assert_close(SCHEDULES["normal"](model, 6), torch.tensor(expected))


def test_free_schedules_run_between_the_levels_asked_for():
    for sigmas in (exponential_levels(9, 0.1, 10), exponential_levels(9, 0.1, 10, rho=2.0), karras_levels(9, 0.1, 10)):
        torch.testing.assert_close(sigmas[[0, -2, -1]], torch.tensor([10, 0.1, 0]), rtol=1e-4, atol=0)
    assert bool((vp_levels(9).diff() < 0).all())
    assert bool((laplace_levels(9, 0.1, 10).diff() <= 0).all())
