import pytest

from calotype_nodes.latents import EmptyLatent


def test_an_empty_latent_is_zeros_8_times_smaller():
    got = EmptyLatent(width=64, height=128, batch_size=3).run()
    assert got.samples.shape == (3, 4, 16, 8) and not got.samples.any()
    assert (got.indices, got.total) == (None, None)


def test_one_image_of_a_batch_knows_which_it_is():
    got = EmptyLatent(width=64, height=64, batch_size=3, only=2).run()
    assert got.samples.shape == (1, 4, 8, 8)
    assert (got.indices, got.total) == ((2,), 3)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"width": 100, "height": 64}, "width is 100, and has to be a multiple of 8; 96 is the nearest"),
        ({"batch_size": 2, "only": 2}, "only is 2, but a batch of 2 ends at 1"),
    ],
)
def test_a_size_or_index_that_cannot_be_is_said(inputs, message):
    with pytest.raises(ValueError, match=message):
        EmptyLatent(**inputs).run()
