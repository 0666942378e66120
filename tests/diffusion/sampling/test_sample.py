"""Sampling from beginning to end."""

from typing import get_args

import pytest
import torch

from calotype.diffusion.latents import LatentFormat
from calotype.diffusion.names import SamplerName
from calotype.diffusion.sampling import ModelSampling, sample, sigmas_for
from calotype.types import Latent

NAMES = get_args(SamplerName)
MODELS = {"discrete": ModelSampling.discrete(), "flow": ModelSampling.flow(3.0)}
every_model = pytest.mark.parametrize("sampling", MODELS.values(), ids=MODELS)


def picture(batch=1, seed=0, **more):
    generator = torch.Generator().manual_seed(seed)
    return Latent(torch.randn(batch, 4, 8, 8, generator=generator), **more)


def empty(batch=1, **more):
    return Latent(torch.zeros(batch, 4, 8, 8), **more)


@pytest.fixture
def run(toy_on, prompt):
    def sampled(latent=None, sampling=MODELS["discrete"], **settings):
        settings = {"seed": 7, "steps": 6, "cfg": 2.0} | settings
        return sample(toy_on(sampling), prompt(0.5), prompt(-0.5), latent or empty(), **settings)

    return sampled


@every_model
@pytest.mark.parametrize("name", NAMES)
def test_the_same_arguments_give_the_same_latent_whatever_the_global_random_state(name, sampling, run):
    torch.manual_seed(1)
    first = run(sampler=name, sampling=sampling)
    torch.manual_seed(2)
    before = torch.get_rng_state()
    second = run(sampler=name, sampling=sampling)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first.latent.samples, second.latent.samples)
    assert torch.isfinite(first.latent.samples).all()


@pytest.mark.parametrize("k", [0, 2])
@pytest.mark.parametrize("name", sorted(set(NAMES) - {"dpm_adaptive"}))  # its step size is that of the whole batch
def test_image_k_of_a_batch_alone_is_its_row_in_the_batch(name, k, run):
    whole = run(empty(3), sampler=name).latent.samples
    alone = run(empty(1, indices=(k,), total=3), sampler=name).latent.samples
    torch.testing.assert_close(alone, whole[k : k + 1], atol=1e-5, rtol=1e-5)


def test_results_are_in_the_vaes_units_and_keep_the_latents_place_in_its_batch(toy_on, prompt):
    latent = empty(1, indices=(2,), total=4)
    toys = [toy_on(latent=LatentFormat(4, scale)) for scale in (1.0, 0.25)]
    one, four = (sample(toy, prompt(0.5), prompt(0.0), latent, steps=4, cfg=1.0) for toy in toys)
    torch.testing.assert_close(one.latent.samples * 4, four.latent.samples)
    assert (one.latent.indices, one.latent.total) == ((2,), 4)


def test_an_empty_latent_takes_the_channels_of_the_model_and_no_shift(toy_on, prompt):
    toy = toy_on(latent=LatentFormat(16, 1.0, shift=0.3))
    sampled = sample(toy, prompt(0.5), prompt(0.0), empty(), steps=2, cfg=1.0)
    assert sampled.latent.samples.shape == (1, 16, 8, 8)
    first = toy.calls[0]["x"]
    generator = torch.Generator().manual_seed(0)
    torch.testing.assert_close(first, torch.randn(1, 16, 8, 8, generator=generator))


@every_model
def test_the_last_estimate_is_returned_beside_the_latent(sampling, run):
    seen = []
    sampled = run(sampling=sampling, end_step=3, leftover_noise=True, on_step=lambda i, n, d: seen.append(d))
    torch.testing.assert_close(sampled.denoised.samples * 0.5, seen[-1])
    assert not torch.equal(sampled.denoised.samples, sampled.latent.samples)


def test_every_step_is_reported(run):
    told = []
    run(on_step=lambda done, total, estimate: told.append((done, total, tuple(estimate.shape))))
    assert told == [(i, 6, (1, 4, 8, 8)) for i in range(1, 7)]


def test_a_report_that_raises_ends_the_sampling_and_breaks_nothing(run):
    class Stop(Exception):
        pass

    def stop(done, total, estimate):
        if done == 3:
            raise Stop

    expected = run().latent.samples
    with pytest.raises(Stop):
        run(on_step=stop)
    assert torch.equal(run().latent.samples, expected)


def test_without_denoising_the_latent_stays(run):
    latent = picture()
    assert run(latent, denoise=0.0).latent is latent
    assert run(latent, start_step=6).latent is latent


@every_model
def test_a_single_level_noises_the_latent_and_takes_no_step(sampling, run):
    latent, level = picture(), 0.5
    noised = run(latent, sampling, sigmas=torch.tensor([level])).latent.samples * 0.5
    noise = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(7))
    expected = sampling.unmixed(sampling.noised(latent.samples * 0.5, noise, level), level)
    torch.testing.assert_close(noised, expected)


@every_model
def test_a_low_denoise_stays_near_the_latent(sampling, run):
    latent = picture()
    near, far = (run(latent, sampling, denoise=share).latent.samples - latent.samples for share in (0.05, 0.9))
    assert near.norm() < far.norm() / 2


@every_model
@pytest.mark.parametrize("name", ["euler", "heun", "dpm_2"])
def test_two_passes_over_parts_of_the_steps_are_one_pass_over_all(name, sampling, run):
    whole = run(sampling=sampling, sampler=name)
    first = run(sampling=sampling, sampler=name, end_step=3, leftover_noise=True)
    second = run(first.latent, sampling, sampler=name, start_step=3, add_noise=False)
    torch.testing.assert_close(second.latent.samples, whole.latent.samples, atol=1e-4, rtol=1e-4)


def test_an_early_end_goes_to_zero_unless_noise_shall_be_left(run):
    assert torch.equal(run(end_step=3).latent.samples, run(end_step=3).denoised.samples)
    left = run(end_step=3, leftover_noise=True)
    assert not torch.equal(left.latent.samples, left.denoised.samples)


def test_levels_may_be_given_and_split(run):
    model = MODELS["discrete"]
    sigmas = sigmas_for(model, "karras", 6)
    assert torch.equal(run(sigmas=sigmas).latent.samples, run(scheduler="karras").latent.samples)
    high = run(sigmas=sigmas[:4])
    low = run(high.latent, sigmas=sigmas[3:], add_noise=False)
    torch.testing.assert_close(low.latent.samples, run(sigmas=sigmas).latent.samples)


def test_a_level_that_stands_twice_is_no_step(run):
    sigmas = sigmas_for(MODELS["discrete"], "karras", 6)
    doubled = sigmas.repeat_interleave(2)
    for name in ("euler", "dpmpp_2m", "res_multistep", "dpmpp_3m_sde"):
        assert torch.equal(
            run(sigmas=doubled, sampler=name).latent.samples, run(sigmas=sigmas, sampler=name).latent.samples
        )


@pytest.mark.parametrize("levels", [[0.0, 1.0, 2.0], [1.0, float("nan"), 0.0], [1.0, -1.0, 0.0]])
def test_levels_that_no_step_can_start_from_are_refused(levels, run):
    with pytest.raises(ValueError, match="every noise level but the last must be above 0"):
        run(sigmas=torch.tensor(levels))


def test_sampler_options_reach_the_sampler(run):
    quiet = run(sampler="euler_ancestral", options={"eta": 0.0}).latent.samples
    torch.testing.assert_close(quiet, run(sampler="euler").latent.samples)


@every_model
@pytest.mark.parametrize("name", sorted(set(NAMES) - {"dpm_fast", "dpm_adaptive", "uni_pc", "uni_pc_bh2"}))
def test_outside_of_the_noise_mask_the_latent_stays(name, sampling, run):
    mask = torch.zeros(1, 8, 8)
    mask[..., 4:] = 1
    if name == "dpmpp_2s_ancestral_cfg_pp":
        pytest.skip("moves x by the guidance of unmasked estimates, as ComfyUI does")
    latent = picture(noise_mask=mask)
    ended = run(latent, sampling, sampler=name).latent
    torch.testing.assert_close(ended.samples[..., :4], latent.samples[..., :4], atol=1e-4, rtol=1e-4)
    assert not torch.allclose(ended.samples[..., 4:], latent.samples[..., 4:], atol=0.1)
    assert ended.noise_mask is mask


def test_a_mask_of_the_pictures_size_is_resized(run):
    large, small = torch.zeros(1, 1, 64, 64), torch.zeros(1, 8, 8)
    large[..., 32:], small[..., 4:] = 1, 1
    ended = [run(picture(noise_mask=mask)).latent.samples for mask in (large, small)]
    torch.testing.assert_close(ended[0], ended[1])


def test_video_latents_pass_through(toy_on, prompt):
    toy = toy_on(ModelSampling.flow(), LatentFormat(4, frames=True))
    toy.predict = lambda x, timestep, tokens, **more: x * 0.1
    latent = Latent(torch.zeros(1, 4, 3, 8, 8), torch.ones(1, 64, 64))
    assert sample(toy, prompt(1.0), prompt(0.0), latent, steps=3).latent.samples.shape == (1, 4, 3, 8, 8)


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        (torch.ones(1, 16, 2, 2), "these latents have 16 channels, this model's have 4"),
        (torch.zeros(1, 4, 3, 2, 2), "these are latents of a video, and this model makes pictures"),
    ],
)
def test_latents_of_another_kind_of_model_are_refused(toy, prompt, samples, said):
    with pytest.raises(ValueError, match=said):
        sample(toy, prompt(1.0), prompt(0.0), Latent(samples), steps=1)
