"""What inpainting and editing models read beside the latent."""

import torch

from calotype.diffusion.latents import LatentFormat
from calotype.diffusion.sampling import sample
from calotype.diffusion.sampling.concat import with_concat
from calotype.types import Latent

FORMAT = LatentFormat(4, 0.5)
CLEAN = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(0))
MASK = torch.zeros(1, 64, 64)
MASK[..., 32:] = 1


def concat(conditioning, channels=9, mask=None):
    tensors = with_concat(conditioning, channels, FORMAT, CLEAN, mask).prompts[0].tensors
    return tensors["concat"]


def test_an_ordinary_model_reads_nothing_else(prompt):
    said = prompt(1.0)
    assert with_concat(said, 4, FORMAT, CLEAN, MASK) is said


def test_an_inpainting_model_reads_the_mask_and_the_picture_in_its_own_units(prompt):
    picture = torch.rand(1, 4, 8, 8)
    ours = concat(prompt(1.0, tensors={"concat_latent": picture, "concat_mask": MASK}))
    flat = torch.zeros(2, 1, 8, 8)
    flat[..., 4:] = 1
    assert torch.equal(ours, torch.cat([flat, picture.expand(2, -1, -1, -1) * 0.5], 1))


def test_the_latents_own_noise_mask_and_samples_stand_in(prompt):
    ours = concat(prompt(1.0), mask=MASK)
    assert torch.equal(ours[:, 1:], CLEAN)
    assert ours[0, 0, 0].tolist() == [0, 0, 0, 0, 1, 1, 1, 1]


def test_without_a_mask_everything_is_made_anew_over_grey(prompt):
    ours = concat(prompt(1.0))
    assert ours.shape == (2, 9 - 4, 8, 8)
    assert bool((ours[:, 0] == 1).all())
    assert ours[0, 1:, 0, 0].tolist() == torch.tensor([0.8223, -0.6876, 0.6364, 0.1380]).tolist()


def test_an_editing_model_reads_the_picture_as_the_vae_gave_it(prompt):
    picture = torch.rand(1, 4, 8, 8)
    assert torch.equal(concat(prompt(1.0, tensors={"concat_latent": picture}), 8), picture.expand(2, -1, -1, -1))
    assert not concat(prompt(1.0), 8).any()


def test_both_sides_still_share_a_batch(toy, prompt):
    toy.in_channels = 9
    latent = Latent(torch.zeros(1, 4, 8, 8))
    sample(toy, prompt(1.0, tensors={"concat_mask": MASK}), prompt(-1.0), latent, steps=2)
    assert [tuple(call["options"]["concat"].shape) for call in toy.calls] == [(2, 5, 8, 8)] * 2
    assert set(toy.calls[0]["options"]) == {"concat"}
