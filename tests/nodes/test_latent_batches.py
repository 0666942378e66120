import torch

from calotype.types import Latent
from calotype_nodes.latent_batches import LatentBatch, LatentFromBatch, RepeatLatentBatch


def latent(*values: float, **more) -> Latent:
    return Latent(torch.tensor(values).reshape(-1, 1, 1, 1).expand(-1, 4, 2, 2).clone(), **more)


def said(got: Latent):
    return got.samples[:, 0, 0, 0].tolist(), got.indices, got.total


def test_a_batch_keeps_the_noise_of_its_parts():
    got = LatentBatch(latents=(latent(1, 2), latent(3, indices=(5,), total=8))).run()
    assert said(got) == ([1, 2, 3], (0, 1, 5), 8)
    assert got.noise_mask is None


def test_others_are_scaled_to_the_first_and_masks_filled_up():
    masked = Latent(torch.ones(1, 4, 4, 4), torch.zeros(1, 3, 3))
    got = LatentBatch(latents=(latent(1), masked)).run()
    assert got.samples.shape == (2, 4, 2, 2)
    assert torch.equal(got.noise_mask, torch.stack([torch.ones(3, 3), torch.zeros(3, 3)]))
    assert LatentBatch(latents=(latent(1), masked), masks="first").run().noise_mask is None
    assert LatentBatch(latents=(masked, masked), masks="first").run().noise_mask is masked.noise_mask


def test_images_of_a_batch_keep_their_noise():
    assert said(LatentFromBatch(latent=latent(1, 2, 3, 4), first=1, count=2).run()) == ([2, 3], (1, 2), 4)
    assert said(LatentFromBatch(latent=latent(1, 2), first=1, count=9).run()) == ([2], (1,), 2)
    assert said(LatentFromBatch(latent=latent(1, indices=(6,), total=8)).run()) == ([1], (6,), 8)


def test_the_masks_of_images_go_with_them():
    whole = latent(1, 2, noise_mask=torch.tensor([0.0, 1.0]).reshape(2, 1, 1))
    assert LatentFromBatch(latent=whole, first=1).run().noise_mask.tolist() == [[[1.0]]]


def test_repeating_repeats_the_whole_batch():
    assert said(RepeatLatentBatch(latent=latent(1, 2), times=2).run()) == ([1, 2, 1, 2], None, None)
    assert said(RepeatLatentBatch(latent=latent(1, 2, indices=(3, 4), total=5), times=2).run()) == (
        [1, 2, 1, 2],
        (3, 4, 5, 6),
        7,
    )


def test_noise_may_be_drawn_apart_and_stays_so_in_copies():
    one = LatentFromBatch(latent=latent(1, 2, 3), first=1, draws="apart").run()
    assert one.apart
    assert RepeatLatentBatch(latent=one, times=2).run().apart
    assert LatentBatch(latents=(one, one), draws="apart").run().apart
    assert not LatentBatch(latents=(one, one)).run().apart
