from dataclasses import replace

import pytest
import torch

from calotype.types import Latent
from calotype_nodes.latent_maths import (
    LatentAdd,
    LatentBlend,
    LatentConcat,
    LatentInterpolate,
    LatentMultiply,
    LatentNoise,
    LatentSubtract,
)


def latent(*values: float, size: int = 1) -> Latent:
    return Latent(torch.tensor(values).reshape(1, -1, 1, 1).expand(-1, -1, size, size).clone())


A, B = latent(3.0, 4.0, size=2), latent(6.0, -8.0)


@pytest.mark.parametrize(
    ("node", "cell"),
    [
        (LatentAdd(latent=A, other=B), [9.0, -4.0]),
        (LatentSubtract(latent=A, other=B), [-3.0, 12.0]),
        (LatentMultiply(latent=A, factor=-0.5), [-1.5, -2.0]),
        (LatentBlend(latent=A, other=B, share=0.25), [5.25, -5.0]),
        # unit vectors (0.6, 0.8) and (0.6, -0.8): their mean points to (1, 0), the mean length is 7.5
        (LatentInterpolate(latent=A, other=B, share=0.5), [7.5, 0.0]),
    ],
)
def test_two_latents_make_one_of_the_first_ones_size(node, cell):
    got = node.run().samples
    assert got.shape == (1, 2, 2, 2)
    assert torch.allclose(got, torch.tensor(cell).reshape(1, 2, 1, 1).expand(1, 2, 2, 2), atol=1e-6)


def test_lengths_cross_where_there_are_as_many_latents_as_channels():
    """In ComfyUI the length of the second of two latents divides the second channel of both."""
    both = replace(A, samples=torch.cat([A.samples, 5 * A.samples]))
    crossed = LatentInterpolate(latent=both, other=both, share=1.0, crossed=True).run().samples[:, :, 0, 0]
    turned = torch.tensor([[3.0 / 5, 4.0 / 25], [15.0 / 5, 20.0 / 25]])
    assert torch.allclose(crossed, turned / turned.norm(dim=1) * torch.tensor([5.0, 25.0]))
    own = LatentInterpolate(latent=both, other=both, share=1.0).run().samples
    assert torch.allclose(own, both.samples)
    alone = LatentInterpolate(latent=A, other=B, crossed=True).run().samples
    assert torch.equal(alone, LatentInterpolate(latent=A, other=B).run().samples)


def test_latents_of_different_channels_do_not_mix():
    with pytest.raises(ValueError, match="latents with 2 and 1 channels belong to different model families"):
        LatentAdd(latent=A, other=latent(1.0)).run()


@pytest.mark.parametrize(
    ("side", "row"), [("right", [[1, 2]]), ("left", [[2, 1]]), ("below", [[1], [2]]), ("above", [[2], [1]])]
)
def test_latents_stand_beside_each_other(side, row):
    assert LatentConcat(latent=latent(1.0), other=latent(2.0), side=side).run().samples[0, 0].tolist() == row


def test_latents_that_do_not_fit_are_said():
    with pytest.raises(ValueError, match="latents of 2 x 2 and 1 x 1 cells do not fit right"):
        LatentConcat(latent=A, other=B).run()


def test_noise_is_that_of_the_seed():
    zeros = latent(0.0, 0.0, size=64)
    once, again, other = (LatentNoise(latent=zeros, seed=s, amount=2.0).run().samples for s in (7, 7, 8))
    assert torch.equal(once, again) and not torch.equal(once, other)
    assert once.std().item() == pytest.approx(2.0, rel=0.05)
