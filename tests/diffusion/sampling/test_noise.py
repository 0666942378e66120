"""Noise from the seed alone."""

import pytest
import torch

from calotype.diffusion.sampling import Draws
from calotype.types import Latent

CPU = torch.device("cpu")
LEVELS = torch.tensor([10.0, 4.0, 1.0, 0.2, 0.0])


def draws(samples=3, seed=5, indices=None, total=None):
    return Draws.of(Latent(torch.zeros(samples, 4, 8, 8), None, indices, total), (samples, 4, 8, 8), seed, CPU)


def every(draw):
    """All kinds of noise that a run may draw, for four steps."""
    kinds = {"initial": [draw.initial()], "other": [draw.initial(offset=1)]}
    for kind, noise in (("white", draw.white()), ("brownian", draw.brownian(LEVELS))):
        kinds[kind] = [noise(a, b) for a, b in ((10.0, 4.0), (4.0, 2.5), (4.0, 1.0), (1.0, 0.2))]
    return kinds


def test_the_first_noise_is_that_of_torchs_generator_with_the_seed():
    expected = torch.randn(3, 4, 8, 8, generator=torch.Generator().manual_seed(5))
    assert torch.equal(draws().initial(), expected)
    assert torch.equal(draws().white()(10.0, 4.0), expected)


@pytest.mark.parametrize("k", range(3))
def test_image_k_alone_has_the_noise_it_has_in_the_batch(k):
    whole, alone = every(draws()), every(draws(1, indices=(k,), total=3))
    for kind, steps in whole.items():
        assert all(torch.equal(a[k : k + 1], b) for a, b in zip(steps, alone[kind], strict=True)), kind


def test_several_images_of_a_batch_keep_their_noise_in_any_order():
    assert torch.equal(draws(2, indices=(2, 0), total=3).initial(), draws().initial()[[2, 0]])


def test_drawing_neither_reads_nor_changes_global_random_state():
    torch.manual_seed(1)
    before, first = torch.get_rng_state(), every(draws())
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert all(torch.equal(a, b) for kind in first for a, b in zip(first[kind], every(draws())[kind], strict=True))


def test_brownian_noise_between_two_levels_does_not_depend_on_the_steps_between():
    few, many = draws().brownian(LEVELS), draws().brownian(LEVELS)
    for level in (8.0, 6.0, 5.0):
        many(level, level - 0.5)
    torch.testing.assert_close(few(4.0, 1.0), many(4.0, 1.0))


def test_brownian_noise_adds_up_along_the_path():
    path = draws().brownian(LEVELS)
    whole = path(10.0, 1.0) * 9.0**0.5
    torch.testing.assert_close(whole, path(10.0, 4.0) * 6.0**0.5 + path(4.0, 1.0) * 3.0**0.5, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("seed", [0, 1, 2**63, 2**64 - 1])
def test_every_seed_works(seed):
    noise = every(draws(seed=seed))
    assert all(torch.isfinite(step).all() for steps in noise.values() for step in steps)
    assert noise["initial"][0].std().item() == pytest.approx(1, abs=0.15)


def test_images_apart_draw_their_first_noise_one_by_one_and_later_noise_for_themselves_alone():
    shape = (2, 4, 3, 3)  # 36 numbers an image, no multiple of 16: one block for the batch has other noise
    latent = Latent(torch.zeros(shape), None, (2, 0), 3, apart=True)
    apart = Draws.of(latent, shape, 5, CPU)
    generator = torch.Generator().manual_seed(5)
    first, _, third = (torch.randn(1, 4, 3, 3, generator=generator) for _ in range(3))
    assert torch.equal(apart.initial(), torch.cat([third, first]))
    together = Draws.of(Latent(torch.zeros(shape), None, (2, 0), 3), shape, 5, CPU)
    assert not torch.allclose(apart.initial(), together.initial())
    plain = Draws.of(Latent(torch.zeros(shape)), shape, 5, CPU)
    assert torch.equal(apart.white()(4.0, 1.0), plain.white()(4.0, 1.0))
    assert torch.equal(apart.brownian(LEVELS)(4.0, 1.0), plain.brownian(LEVELS)(4.0, 1.0))
    assert torch.equal(apart.initial(offset=1), plain.initial(offset=1))


def test_that_images_are_apart_is_kept_in_the_store():
    latent = Latent(torch.zeros(1, 4, 2, 2), None, (1,), 2, apart=True)
    assert Latent.from_tensors(*latent.to_tensors()).apart
    assert not Latent.from_tensors(*Latent(torch.zeros(1, 4, 2, 2)).to_tensors()).apart
