"""Out of memory, injected at every rung, in three families, from "everything fits" down to "a layer at a time"."""

import pytest
import torch
from tests.diffusion.conftest import saved, sd1_shapes, sdxl_shapes
from tests.diffusion.flow.conftest import flux_checkpoint
from tests.diffusion.memory.conftest import CHANNELS, Bench, Faults, file_of

from calotype.pool.remembered import Remembered
from calotype.pool.simulated import Simulated
from calotype.types import Vae

FAMILIES = ("sd1", "sdxl", "flux")
SIDE = {"sd1": 8, "sdxl": 8, "flux": 32}  # so that what is computed is larger than a layer's weights
ALWAYS = 10**9


class Trials:
    """Latents on one device, from two prompts; every trial begins with nothing on it and nothing measured: what is
    known are the first guesses, which are always the same.
    """

    def __init__(self, bench, family):
        self.device = Simulated(10**10)
        self.bench, self.family, self.pool = bench, family, bench.pool(self.device)

    def __call__(self, limit=10**10, fault=None):
        placer = self.pool.placer
        placer.unload()
        placer.known = Remembered()
        placer._least.clear()
        placer._least.update(placer._guessed)
        self.device.limit, self.device.fault = limit, fault
        try:
            return self.bench.denoise(self.family, self.pool, side=SIDE[self.family], steps=1)
        finally:
            self.device.fault = None
            assert self.device.peak() <= limit

    def budgets(self):
        """Where all fits, where a part streams, where a layer at a time does; after a trial."""
        least = int(self.pool.placer.least() * 1.02)
        return (10**10, least + self.pool.bytes // 2, least)


@pytest.fixture(scope="module", params=FAMILIES)
def trials(tmp_path_factory, request):
    few, wide = {"widths": (32, 32), "depths": (1, 0), "layers": 1}, {"widths": (32, 32, 32), "depths": (0, 1, 1)}
    shapes = {
        "sd1": lambda: sd1_shapes(**few), "sdxl": lambda: sdxl_shapes(**(few | wide)), "flux": flux_checkpoint,
    }  # fmt: skip
    folder = tmp_path_factory.mktemp("rungs")
    saved(folder / f"{request.param}.safetensors", shapes[request.param]())
    return Trials(Bench(folder), request.param)


@pytest.fixture(scope="module")
def whole(trials):
    sizes = []
    latent, told = trials(fault=sizes.append)
    assert [one.how for one in told if one.what == "placed"] == ["resident"]
    return latent, max(sizes), trials.budgets()


def rungs(told):
    return {one.what for one in told} & {"retried", "degraded"}


@pytest.mark.parametrize("budget", [0, 1, 2], ids=["everything", "half", "a layer"])
def test_it_completes_with_the_same_bits_or_says_that_they_differ(trials, whole, budget):
    latent, largest, budgets = whole
    for times, least in ((1, 1), (ALWAYS, largest // 2 + 1)):
        faults = Faults(trials.device, times, least)
        found, told = trials(budgets[budget], faults)
        assert rungs(told)
        if "degraded" in rungs(told):
            assert torch.allclose(found, latent, atol=1e-3)
        else:
            assert torch.equal(found, latent)
        assert ("degraded" in rungs(told)) >= (times == ALWAYS)


@pytest.mark.parametrize("budget", [0, 2], ids=["everything", "a layer"])
def test_when_no_rung_helps_it_fails_with_the_numbers_and_the_next_run_is_as_before(trials, whole, budget):
    latent, _, budgets = whole
    with pytest.raises(
        torch.OutOfMemoryError, match=r"needs about .* MiB at a time, .* MiB of .* MiB are free"
    ) as caught:
        trials(budgets[budget], Faults(trials.device, ALWAYS))
    assert "--device sim:" in caught.value.helps
    assert torch.equal(trials(budgets[budget])[0], latent)


def test_a_picture_is_decoded_in_tiles_when_its_tensors_are_refused(bench, trials):
    device, told, sizes = trials.device, [], []
    with trials.pool.use(Vae(file_of(trials.family), trials.family), told.append) as vae:
        latent = torch.randn(1, CHANNELS[trials.family], 64 // vae.factor, 64 // vae.factor)
        device.limit, device.fault = 10**10, sizes.append
        whole = vae.decode(latent)
        device.fault = Faults(device, ALWAYS, least=max(sizes) // 2)
        tiled = vae.decode(latent)
        device.fault = None
    assert [one.part for one in told if one.what == "degraded"] == ["vae"]
    assert tiled.shape == whole.shape


def test_pictures_that_do_not_fit_together_are_computed_one_after_the_other(bench):
    device, sizes = Simulated(10**10), []
    pool = bench.pool(device)
    device.fault = sizes.append
    whole, _ = bench.denoise("sd1", pool, steps=1, batch=2)
    device.fault = Faults(device, ALWAYS, max(sizes) // 4 + 1)
    found, told = bench.denoise("sd1", pool, steps=1, batch=2)
    assert "degraded" in rungs(told)
    assert torch.allclose(found, whole, atol=1e-3)


def test_a_sampler_goes_on_at_the_step_that_ran_out(bench):
    device = Simulated(10**10)
    pool, steps, asked = bench.pool(device), [], []
    whole, _ = bench.denoise("sd1", pool, steps=4)

    def on_step(done, total, denoised):
        steps.append(done)
        device.fault = Faults(device, 1) if done == 3 else device.fault

    held = next(iter(pool.placer._held.values()))
    handle = held.networks[0].register_forward_pre_hook(lambda module, args: asked.append(len(steps)))
    again, told = bench.denoise("sd1", pool, steps=4, on_step=on_step)
    handle.remove()
    assert [one.what for one in told if one.what == "retried"] == ["retried"]
    assert steps == [1, 2, 3, 4]
    assert asked == [0, 1, 2, 3, 3]  # the fourth step twice, no other
    assert torch.equal(again, whole)
