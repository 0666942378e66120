"""Out of memory, injected at every rung: what is done, what is told, and what is remembered."""

import pytest
import torch
from tests.diffusion.memory.conftest import Faults

from calotype.pool.simulated import Simulated
from calotype.types import FileRef, Vae


@pytest.fixture(scope="module")
def whole(bench):
    return bench.paint("sd1", 10**10)


def again(bench, trial, **how):
    return bench.paint("sd1", 0, device=trial.device, pool=trial.pool, **how)


def test_prompts_that_do_not_fit_together_are_computed_one_after_the_other(bench, whole):
    faults = Faults(whole.device, 10**9, least=2 * 64 * 256 * 4)  # the widest activation of both prompts
    made = again(bench, whole, decode=False, fault=faults)
    assert {one.part for one in made.of("degraded")} == {"denoiser"}
    assert faults.left < 10**9
    assert torch.allclose(made.latent, whole.latent, atol=1e-3)
    faults = Faults(whole.device, 10**9, least=2 * 64 * 256 * 4)
    again(bench, whole, decode=False, fault=faults)
    assert faults.left == 10**9  # the next time begins where this one ended


def test_a_picture_that_does_not_fit_is_decoded_in_tiles(bench, tmp_path):
    device, known = Simulated(10**10), tmp_path / "memory.json"
    pool = bench.pool(device, known=known)
    told, latent = [], torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(0))
    with pool.use(Vae(FileRef("checkpoints", "sd1.safetensors"), "sd1"), told.append) as vae:
        whole = vae.decode(latent)
        device.fault = Faults(device, 10**9, least=1_000_000)
        tiled = vae.decode(latent)
    assert [one.why for one in told if one.what == "degraded"] == [
        "the VAE worked in tiles of 64 pixels, because the whole picture did not fit into memory"
    ]
    assert (tiled - whole).abs().mean() < 0.15  # of random weights, whose norms see each tile alone
    assert "tiled decode" in known.read_text()
