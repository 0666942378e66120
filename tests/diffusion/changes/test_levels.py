"""Noise levels that a patch sets."""

import math

import pytest
import torch

from calotype.diffusion.changes.levels import overridden
from calotype.diffusion.sampling import ModelSampling
from calotype.errors import ModelError
from calotype.types import Patch

DISCRETE = ModelSampling.discrete()


def levels(sampling=DISCRETE, **settings):
    return overridden(sampling, (Patch("lora"), Patch("sampling", settings=tuple(settings.items()))))


def test_the_last_patch_counts_and_none_changes_nothing():
    assert overridden(DISCRETE, ()) is DISCRETE
    assert levels(prediction="v", zero_snr=False) is DISCRETE
    first, second = (Patch("sampling", settings=(("levels", "shift"), ("shift", s))) for s in (2.0, 5.0))
    assert overridden(DISCRETE, (first, second)).shift == 5.0


def test_a_shift_keeps_the_time_of_a_flow():
    got = levels(ModelSampling.flow(1.0, multiplier=1.0), levels="shift", shift=3.0)
    assert (got.shift, got.multiplier, got.prediction) == (3.0, 1.0, "flow")
    assert got.sigma(0.5) == pytest.approx(3 * 0.5 / (1 + 2 * 0.5))
    assert levels(levels="shift", shift=3.0).multiplier == 1000.0


def test_flux_is_shifted_by_the_size_of_the_picture():
    said = {"levels": "flux", "max_shift": 1.15, "base_shift": 0.5}
    assert math.log(levels(**said, width=1024, height=1024).shift) == pytest.approx(1.15)
    assert math.log(levels(**said, width=256, height=256).shift) == pytest.approx(0.5)
    assert len(levels(**said, width=256, height=512).sigmas) == 10_000


def test_edm_levels_are_told_by_their_logarithm():
    got = levels(levels="edm", predicts="v", sigma_min=0.002, sigma_max=120.0)
    assert got.timestep(math.e) == pytest.approx(0.25)
    assert got.sigma(0.25) == pytest.approx(math.e)
    assert got.percent_to_sigma(0.5) == pytest.approx(math.sqrt(0.002 * 120))
    assert (got.percent_to_sigma(0), got.percent_to_sigma(1)) == (999_999_999.9, 0.0)
    assert got.sigma_min == pytest.approx(0.002) and got.sigma_max == pytest.approx(120.0)


@pytest.mark.parametrize("prediction", ["edm", "v", "eps"])
def test_what_an_edm_network_should_say_gives_the_clean_latent(prediction):
    """Karras et al. 2022, table 1: D = c_skip x + c_out F; here F is what a perfect network gives."""
    got = levels(levels="edm", predicts=prediction, sigma_min=0.002, sigma_max=80.0)
    clean, noise, sigma = torch.randn(1, 4, 2, 2), torch.randn(1, 4, 2, 2), 1.7
    data = 0.5 if prediction == "edm" else 1.0
    x = clean + sigma * noise
    skip, out = data**2 / (sigma**2 + data**2), sigma * data / math.sqrt(sigma**2 + data**2)
    raw = {"edm": (clean - skip * x) / out, "v": -(clean - skip * x) / out, "eps": noise}[prediction]
    torch.testing.assert_close(got.denoised(raw, x, sigma), clean)
    assert got.c_in(sigma) == pytest.approx(1 / math.sqrt(sigma**2 + data**2))


def test_levels_can_be_told_by_their_angle():
    got = levels(levels="angle", predicts="v", sigma_min=0.03, sigma_max=500.0)
    assert got.timestep(1.0) == pytest.approx(0.5)
    assert got.sigma(0.5) == pytest.approx(1.0)


def test_a_consistency_model_works_at_every_twentieth_level_and_keeps_its_boundary():
    got = levels(levels="lcm", zero_snr=False)
    assert len(got.sigmas) == 50
    assert got.sigma_max == DISCRETE.sigma_max and got.sigma_min == float(DISCRETE.sigmas[19])
    assert [got.timestep(s) for s in (got.sigma_min, got.sigma_max)] == [19, 999]
    assert got.sigma(999) == pytest.approx(got.sigma_max)
    assert got.percent_to_sigma(0.5) == pytest.approx(got.sigma(499.5))
    x, eps = torch.ones(1, 1, 1, 1), torch.full((1, 1, 1, 1), 0.5)
    time = 9990.0
    skip, out = 0.25 / (time**2 + 0.25), time / math.sqrt(time**2 + 0.25)
    want = out * (1 - 0.5 * got.sigma_max) + skip
    assert got.denoised(eps, x, got.sigma_max).item() == pytest.approx(want)


def test_without_signal_a_consistency_model_takes_every_twentieth_of_the_rescaled_levels():
    got = levels(levels="lcm", zero_snr=True)
    assert got.sigma_max == pytest.approx(4518.7, rel=1e-3)
    assert torch.equal(got.sigmas, ModelSampling.discrete(zero_snr=True).sigmas[19::20])


def test_levels_that_cannot_be_are_refused():
    with pytest.raises(ModelError, match="the lowest has to be above 0 and below"):
        levels(levels="edm", predicts="v", sigma_min=2.0, sigma_max=1.0)
    with pytest.raises(ModelError, match="'magic' are not known"):
        levels(levels="magic")
