"""Noise levels from nodes: against formulas, and what is done to them."""

import math

import pytest
import torch
from torch.testing import assert_close

from calotype.diffusion.latents import LatentFormat
from calotype.diffusion.sampling import ModelSampling, sigmas_for
from calotype.parts import Sigmas
from calotype.testing import FakeContext
from calotype.types import FileRef, Latent, Model
from calotype_nodes.schedules import (
    AlignYourStepsScheduler,
    BasicScheduler,
    BetaSamplingScheduler,
    ExponentialScheduler,
    Flux2Scheduler,
    KarrasScheduler,
    LaplaceScheduler,
    LTXVScheduler,
    ManualSigmas,
    OptimalStepsScheduler,
    PolyexponentialScheduler,
    SDTurboScheduler,
    VPScheduler,
)
from calotype_nodes.sigmas import (
    ExtendIntermediateSigmas,
    FlipSigmas,
    SamplingPercentToSigma,
    SetFirstSigma,
    SplitSigmas,
    SplitSigmasDenoise,
)

MODEL = Model(FileRef("checkpoints", "a.safetensors"), "sd1")
SAMPLING = ModelSampling.discrete()


class Toy:
    sampling, latent = SAMPLING, LatentFormat()


def context():
    return FakeContext(models={MODEL: Toy()})


def levels(*values):
    return Sigmas(torch.tensor(values))


def said(sigmas):
    return sigmas.levels.tolist()


def test_a_basic_scheduler_takes_the_last_levels_of_a_longer_schedule():
    whole = BasicScheduler(model=MODEL, scheduler="karras", steps=8).run(context())
    assert torch.equal(whole.levels, sigmas_for(SAMPLING, "karras", 8))
    part = BasicScheduler(model=MODEL, scheduler="karras", steps=4, denoise=0.5).run(context())
    assert torch.equal(part.levels, whole.levels[-5:])
    assert len(BasicScheduler(model=MODEL, scheduler="karras", steps=4, denoise=0.0).run(context()).levels) == 0
    assert len(BasicScheduler(model=MODEL, scheduler="ddim_uniform", steps=7).run(context()).levels) == 8


def test_turbo_levels_are_every_hundredth_from_the_top():
    table = [*(float(SAMPLING.sigmas[t]) for t in range(999, 0, -100)), 0.0]
    assert said(SDTurboScheduler(model=MODEL, steps=1).run(context())) == pytest.approx([table[0], 0.0])
    assert said(SDTurboScheduler(model=MODEL, steps=4).run(context())) == pytest.approx([*table[:4], 0.0])
    assert said(SDTurboScheduler(model=MODEL, steps=3, denoise=0.5).run(context())) == pytest.approx([*table[5:8], 0.0])


def test_beta_levels_with_a_uniform_distribution_are_even_picks():
    got = BetaSamplingScheduler(model=MODEL, steps=4, alpha=1.0, beta=1.0).run(context())
    assert said(got) == pytest.approx([*(float(SAMPLING.sigmas[t]) for t in (999, 749, 500, 250)), 0.0])


def test_levels_by_formula():
    ends = {"sigma_max": 8.0, "sigma_min": 0.5}
    assert said(KarrasScheduler(steps=3, **ends, rho=1.0).run()) == pytest.approx([8.0, 4.25, 0.5, 0.0])
    assert said(KarrasScheduler(steps=3, **ends, rho=3.0).run())[1] == pytest.approx(((2 + 0.5 ** (1 / 3)) / 2) ** 3)
    assert said(ExponentialScheduler(steps=3, **ends).run()) == pytest.approx([8.0, 2.0, 0.5, 0.0])
    assert said(PolyexponentialScheduler(steps=3, **ends).run()) == pytest.approx([8.0, 2.0, 0.5, 0.0])
    assert said(PolyexponentialScheduler(steps=3, **ends, rho=2.0).run()) == pytest.approx([8.0, 1.0, 0.5, 0.0])
    laplace = said(LaplaceScheduler(steps=3, **ends, mu=math.log(2.0)).run())
    assert laplace == pytest.approx([8.0, 2.0, 0.5], rel=1e-4)
    vp = said(VPScheduler(steps=2, beta_d=2.0, beta_min=0.5, eps_s=0.1).run())
    assert vp == pytest.approx([math.sqrt(math.expm1(1.5)), math.sqrt(math.expm1(0.06)), 0.0])


def test_published_levels_are_given_as_they_are_and_log_linear_between():
    ten = said(AlignYourStepsScheduler(model_type="SD1", steps=10).run())
    assert ten[:2] == pytest.approx([14.6146412293, 6.4745760956]) and ten[-1] == 0 and len(ten) == 11
    twenty = said(AlignYourStepsScheduler(model_type="SDXL", steps=20).run())
    assert twenty[1] == pytest.approx(math.sqrt(14.6146412293 * 6.3184485287))
    assert said(AlignYourStepsScheduler(model_type="SD1", steps=10, denoise=0.3).run()) == ten[-4:]
    assert len(AlignYourStepsScheduler(model_type="SVD", steps=5, denoise=0.0).run().levels) == 0
    flux = said(OptimalStepsScheduler(model_type="FLUX", steps=10).run())
    assert flux[0] == pytest.approx(0.9968) and flux[-1] == 0 and len(flux) == 11
    assert len(OptimalStepsScheduler(model_type="Wan", steps=7).run().levels) == 8


def test_flux2_levels_are_even_times_shifted_by_size_and_steps():
    tokens = 512 * 768 / 256
    fits = (8.73809524e-05 * tokens + 1.89833333, 0.00016927 * tokens + 0.45666666)
    for steps, mu in ((10, fits[0]), (200, fits[1])):
        got = said(Flux2Scheduler(steps=steps, width=512, height=768).run())
        half = math.exp(mu) / (math.exp(mu) + 1)
        assert (got[0], got[steps // 2], got[-1]) == pytest.approx((1.0, half, 0.0))
    large = said(Flux2Scheduler(steps=2, width=2048, height=2048).run())
    assert large[1] == pytest.approx(1 / (1 + math.exp(-(0.00016927 * 16384 + 0.45666666))))


def test_ltxv_levels_are_shifted_by_the_number_of_cells_and_stretched():
    half = math.exp(2.05) / (math.exp(2.05) + 1)  # the middle of two steps at 4096 cells
    assert said(LTXVScheduler(steps=2, stretch=False).run()) == pytest.approx([1.0, half, 0.0])
    assert said(LTXVScheduler(steps=2, terminal=0.25).run()) == pytest.approx([1.0, 0.25, 0.0])
    small = LTXVScheduler(latent=Latent(torch.zeros(1, 4, 32, 32)), steps=2, stretch=False).run()
    assert said(small)[1] == pytest.approx(math.exp(0.95) / (math.exp(0.95) + 1))


def test_levels_are_read_from_a_text():
    assert said(ManualSigmas(text="14.5, 3;  .5 and 0").run()) == [14.5, 3.0, 0.5, 0.0]
    with pytest.raises(ValueError, match="there is no number in 'none'"):
        ManualSigmas(text="none").run()


def test_levels_are_split_and_the_level_between_is_in_both():
    high, low = SplitSigmas(sigmas=levels(4.0, 3.0, 2.0, 1.0, 0.0), step=2).run()
    assert (said(high), said(low)) == ([4.0, 3.0, 2.0], [2.0, 1.0, 0.0])
    high, low = SplitSigmasDenoise(sigmas=levels(4.0, 3.0, 2.0, 1.0, 0.0), denoise=0.25).run()
    assert (said(high), said(low)) == ([4.0, 3.0, 2.0, 1.0], [1.0, 0.0])
    high, low = SplitSigmasDenoise(sigmas=levels(4.0, 3.0, 0.0), denoise=0.0).run()
    assert (said(high), said(low)) == ([], [0.0])


def test_levels_are_turned_round_and_0_is_no_first_level():
    assert said(FlipSigmas(sigmas=levels(2.0, 1.0, 0.0)).run()) == pytest.approx([1e-4, 1.0, 2.0])
    assert said(FlipSigmas(sigmas=levels(2.0, 1.0)).run()) == [1.0, 2.0]
    assert said(FlipSigmas(sigmas=Sigmas(torch.zeros(0))).run()) == []


def test_the_first_level_is_replaced_in_a_copy():
    given = levels(2.0, 1.0, 0.0)
    assert said(SetFirstSigma(sigmas=given, sigma=5.0).run()) == [5.0, 1.0, 0.0]
    assert said(given) == [2.0, 1.0, 0.0]


def test_steps_in_a_range_become_several():
    given = levels(8.0, 4.0, 2.0, 0.0)
    assert said(ExtendIntermediateSigmas(sigmas=given, steps=2, end=4.0).run()) == [8.0, 6.0, 4.0, 3.0, 2.0, 0.0]
    assert said(ExtendIntermediateSigmas(sigmas=given, steps=2, start=4.0, end=3.0).run()) == [8.0, 4.0, 3.0, 2.0, 0.0]
    cosine = ExtendIntermediateSigmas(sigmas=levels(1.0, 0.0), steps=2, end=0.0, spacing="cosine").run()
    sine = ExtendIntermediateSigmas(sigmas=levels(1.0, 0.0), steps=2, end=0.0, spacing="sine").run()
    assert_close(cosine.levels, torch.tensor([1.0, 1 - math.sin(math.pi / 4), 0.0]))
    assert_close(sine.levels, torch.tensor([1.0, math.cos(math.pi / 4), 0.0]))


def test_a_share_of_the_schedule_is_a_level():
    def level(share, actual=False):
        return SamplingPercentToSigma(model=MODEL, share=share, actual=actual).run(context()).sigma

    assert (level(0.0), level(1.0)) == (999_999_999.9, 0.0)
    assert (level(0.0, True), level(1.0, True)) == (SAMPLING.sigma_max, SAMPLING.sigma_min)
    assert level(0.5) == pytest.approx(SAMPLING.sigma(499.5))
