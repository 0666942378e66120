"""What denoisers predict, and at which levels."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from calotype.diffusion.sampling import ModelSampling

KINDS = {
    "eps": ModelSampling.discrete(),
    "v": ModelSampling.discrete("v"),
    "v-zero-snr": ModelSampling.discrete("v", zero_snr=True),
    "flow": ModelSampling.flow(3.0),
}
every_kind = pytest.mark.parametrize("model", KINDS.values(), ids=KINDS)


def test_the_discrete_levels_are_those_of_stable_diffusion():
    model = KINDS["eps"]
    assert (len(model.sigmas), model.sigma_min, model.sigma_max) == (
        1000,
        pytest.approx(0.0291675, rel=1e-4),
        pytest.approx(14.614642, rel=1e-6),
    )


def test_zero_terminal_snr_ends_almost_at_pure_noise():
    assert KINDS["v-zero-snr"].sigma_max == pytest.approx(4518.76, rel=1e-5)
    assert KINDS["v-zero-snr"].sigma_min == pytest.approx(KINDS["v"].sigma_min, rel=1e-5)


@every_kind
def test_levels_rise_with_time(model):
    assert bool((model.sigmas.diff() > 0).all())


@pytest.mark.parametrize("model", [*list(KINDS.values())[:3], ModelSampling.flow()], ids=KINDS)
def test_trained_levels_and_timesteps_are_inverse(model):
    picked = model.sigmas[::37]
    torch.testing.assert_close(model.levels(model.timesteps(picked)), picked, rtol=1e-5, atol=1e-6)


def test_a_discrete_model_is_told_the_nearest_trained_timestep():
    model = KINDS["eps"]
    between = math.exp(0.7 * math.log(model.sigmas[500]) + 0.3 * math.log(model.sigmas[501]))
    assert model.timestep(between) == 500


def test_levels_between_trained_ones_are_interpolated_in_log_sigma():
    model = KINDS["eps"]
    assert model.sigma(500.5) == pytest.approx(math.sqrt(model.sigmas[500] * model.sigmas[501]), rel=1e-6)


@every_kind
def test_the_raw_output_of_a_perfect_model_gives_the_clean_latent_back(model):
    generator = torch.Generator().manual_seed(0)
    latent, noise = (torch.randn(2, 4, 8, 8, generator=generator, dtype=torch.float64) for _ in range(2))
    for sigma in (model.sigma_min, 0.4, 0.9):
        x = model.noised(latent, noise, sigma)
        alpha = 1 / math.sqrt(1 + sigma**2)
        raw = {"eps": noise, "v": alpha * noise - sigma * alpha * latent, "flow": noise - latent}[model.prediction]
        torch.testing.assert_close(model.denoised(raw, x, sigma), latent)


@every_kind
def test_the_models_input_has_unit_variance_for_unit_data(model):
    if not model.is_flow:
        assert model.c_in(2.0) ** 2 * (1 + 2.0**2) == pytest.approx(1)
    else:
        assert model.c_in(0.5) == 1


def test_the_start_from_pure_noise_has_the_trainings_variance():
    model, zero, one = KINDS["eps"], torch.zeros(1), torch.ones(1)
    assert model.noised(zero, one, 3.0, max_denoise=True).item() == pytest.approx(math.sqrt(10))
    assert model.noised(zero, one, 3.0).item() == pytest.approx(3)


@every_kind
def test_shares_of_the_schedule_fall_from_before_everything_to_zero(model):
    shares = [model.percent_to_sigma(percent) for percent in (0, 0.1, 0.5, 0.999, 1)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] >= model.sigma_max
    assert shares[-1] == 0


def test_a_flow_is_shifted_towards_noise():
    assert ModelSampling.flow(3.0).sigma(500) == pytest.approx(0.75)
    assert ModelSampling.flow(3.0).percent_to_sigma(0.5) == pytest.approx(0.75)


@given(st.floats(0.001, 0.999), st.floats(-3, 3))
def test_what_stopped_early_on_a_flow_can_be_noised_again_without_noise(sigma, value):
    model, x = KINDS["flow"], torch.tensor([value], dtype=torch.float64)
    again = model.noised(model.unmixed(x, sigma), torch.zeros_like(x), sigma)
    torch.testing.assert_close(again, x)


def test_a_models_sampling_can_be_overridden():
    model = KINDS["eps"]
    assert model.overridden(prediction="v").prediction == "v"
    assert torch.equal(model.overridden(prediction="v").sigmas, model.sigmas)
    assert torch.equal(model.overridden("v", zero_snr=True).sigmas, KINDS["v-zero-snr"].sigmas)
    assert torch.equal(ModelSampling.flow().overridden(shift=3.0).sigmas, KINDS["flow"].sigmas)
