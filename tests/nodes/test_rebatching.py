import pytest
import torch

from calotype.types import Image, Latent
from calotype_nodes.rebatching import RebatchImages, RebatchLatents


def latents(*values, **more):
    return Latent(torch.tensor(values, dtype=torch.float32).reshape(-1, 1, 1, 1).expand(-1, 4, 2, 2), **more)


def numbers(batches):
    return [[float(x) for x in one.samples[:, 0, 0, 0]] for one in batches]


def test_latents_are_cut_into_batches_and_keep_their_noise():
    got = RebatchLatents(latents=(latents(1, 2, 3), [latents(4, 5), latents(6)]), batch_size=4).run()
    assert numbers(got) == [[1, 2, 3, 4], [5, 6]]
    assert [(one.indices, one.total, one.apart) for one in got] == [((0, 1, 2, 3), 6, False), ((4, 5), 6, False)]
    (got,) = RebatchLatents(latents=(latents(1, 2),), batch_size=9, draws="apart").run()
    assert (got.indices, got.total, got.apart) == ((0, 1), 2, True)


def test_images_that_have_a_place_keep_it():
    given = (latents(1), latents(2, indices=(7,), total=9), latents(3))
    got = RebatchLatents(latents=given, batch_size=2, draws="apart").run()
    assert [(one.indices, one.total) for one in got] == [((0, 7), 9), ((2,), 9)]


def test_sizes_are_not_mixed():
    large = Latent(torch.zeros(1, 4, 3, 3))
    got = RebatchLatents(latents=(latents(1), large, latents(2, 3)), batch_size=4).run()
    assert [tuple(one.samples.shape) for one in got] == [(1, 4, 2, 2), (1, 4, 3, 3), (2, 4, 2, 2)]
    assert [one.indices for one in got] == [(0,), (1,), (2, 3)]


def test_masks_go_with_their_images_and_go_where_they_hide_nothing():
    mask = torch.tensor([0.0, 1.0]).reshape(2, 1, 1).expand(2, 8, 8)
    got = RebatchLatents(latents=(latents(1, 2, noise_mask=mask), latents(3, 4)), batch_size=1).run()
    assert [None if one.noise_mask is None else float(one.noise_mask.mean()) for one in got] == [0.0, None, None, None]
    one = latents(1, noise_mask=torch.zeros(1, 8, 8))
    other = latents(2, noise_mask=torch.zeros(1, 4, 4))
    with pytest.raises(ValueError, match="differ in size"):
        RebatchLatents(latents=(one, other)).run()


def test_pictures_are_cut_into_batches():
    pictures = [Image(torch.full((count, 2, width, 3), 0.5)) for count, width in ((3, 2), (2, 2), (1, 4))]
    got = RebatchImages(images=(pictures[0], pictures[1:]), batch_size=2).run()
    assert [tuple(one.pixels.shape) for one in got] == [(2, 2, 2, 3), (2, 2, 2, 3), (1, 2, 2, 3), (1, 2, 4, 3)]
