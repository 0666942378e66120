import math

import pytest
import torch

from calotype.types import Image
from calotype_nodes.image_filters import (
    Canny,
    ImageBlend,
    ImageBlur,
    ImageColour,
    ImageGrey,
    ImageInvert,
    ImageNoise,
    ImageQuantise,
    ImageSharpen,
)


def pixel(*channels: float) -> Image:
    return Image(torch.tensor(channels).reshape(1, 1, 1, -1))


def grey(*rows) -> Image:
    return Image(torch.tensor(rows, dtype=torch.float32)[None, ..., None].expand(-1, -1, -1, 3).clone())


def test_a_blur_spreads_a_dot_as_a_bell_curve():
    got = ImageBlur(image=grey([0, 0, 0], [0, 1, 0], [0, 0, 0]), radius=1, sigma=1.0).run().pixels[0, ..., 0]
    side = math.exp(-0.5)
    whole = (1 + 2 * side) ** 2
    # mirrored at its edges, a corner sees the dot four times, a side's middle twice
    want = torch.tensor(
        [[4 * side**2, 2 * side, 4 * side**2], [2 * side, 1, 2 * side], [4 * side**2, 2 * side, 4 * side**2]]
    )
    assert torch.allclose(got, want / whole)


def test_a_blur_may_be_wider_than_the_picture():
    got = ImageBlur(image=grey([0.25, 0.25], [0.25, 0.25]), radius=9).run().pixels
    assert torch.allclose(got, torch.tensor(0.25))


def test_sharpening_leaves_even_parts_and_widens_steps():
    image = grey([0.4, 0.4, 0.4, 0.6, 0.6, 0.6])
    got = ImageSharpen(image=image, amount=0.1).run().pixels[0, 0, :, 0]
    assert torch.allclose(got[[0, 1, 4, 5]], torch.tensor([0.4, 0.4, 0.6, 0.6]))
    assert got[2] < 0.39 and got[3] > 0.61


def test_a_negative_keeps_its_transparency():
    image = pixel(0.0, 0.25, 1.0, 0.3)
    assert ImageInvert(image=image).run().pixels.flatten().tolist() == pytest.approx([1.0, 0.75, 0.0, 0.3])
    assert image.pixels.flatten().tolist() == pytest.approx([0.0, 0.25, 1.0, 0.3])


@pytest.mark.parametrize(
    ("how", "want"),
    [
        ({}, [0.2, 0.4, 0.6, 0.5]),
        ({"brightness": 2.0}, [0.4, 0.8, 1.0, 0.5]),
        ({"contrast": 0.0}, [0.5, 0.5, 0.5, 0.5]),
        ({"saturation": 0.0}, [0.363, 0.363, 0.363, 0.5]),
        ({"gamma": 2.0}, [0.2**0.5, 0.4**0.5, 0.6**0.5, 0.5]),
    ],
)
def test_colours_are_adjusted(how, want):
    got = ImageColour(image=pixel(0.2, 0.4, 0.6, 0.5), **how).run().pixels.flatten()
    assert got.tolist() == pytest.approx(want, abs=1e-6)


def test_grey_is_the_lightness():
    got = ImageGrey(image=pixel(1.0, 0.0, 0.0, 0.5)).run().pixels.flatten()
    assert got.tolist() == pytest.approx([0.299, 0.299, 0.299, 0.5])


@pytest.mark.parametrize(
    ("mode", "want"),
    [
        ("normal", [0.8, 0.4]),
        ("multiply", [0.16, 0.24]),
        ("screen", [0.84, 0.76]),
        ("overlay", [0.32, 0.52]),
        ("soft light", [0.3488, 0.552]),
        ("difference", [0.0, 0.2]),
    ],
)
def test_two_pictures_blend(mode, want):
    under, over = grey([0.2, 0.6]), grey([0.8, 0.4])
    got = ImageBlend(image=under, other=over, mode=mode, amount=1.0).run().pixels[0, 0, :, 0]
    assert got.tolist() == pytest.approx(want, abs=1e-6)
    half = ImageBlend(image=under, other=over, mode="normal", amount=0.5).run().pixels[0, 0, :, 0]
    assert half.tolist() == pytest.approx([0.5, 0.5])


def test_noise_is_that_of_the_seed_and_stays_in_range():
    image = Image(torch.full((1, 32, 32, 4), 0.5))
    once, again, other = (ImageNoise(image=image, seed=s, amount=0.2).run().pixels for s in (1, 1, 2))
    assert torch.equal(once, again) and not torch.equal(once, other)
    assert torch.equal(once[..., 3], image.pixels[..., 3]) and 0 <= once.min() < 0.2 and 0.8 < once.max() <= 1


def test_edges_of_a_square_are_its_outline():
    picture = torch.zeros(16, 16)
    picture[4:12, 4:12] = 1
    got = Canny(image=grey(*picture.tolist())).run().pixels[0, ..., 0]
    assert set(got.unique().tolist()) == {0.0, 1.0}
    assert not got[:2].any() and not got[6:10, 6:10].any()
    left, right = got[8].nonzero().flatten().tolist()
    assert left in (3, 4) and right in (11, 12)


def test_weak_edges_stay_where_they_hang_together_with_strong_ones():
    ramp = torch.linspace(0.3, 1, 16)[:, None] * torch.tensor([0.0] * 8 + [1.0] * 8)
    both, strong = (
        Canny(image=grey(*ramp.tolist()), low=low, high=1.4 / 1.5).run().pixels[0, ..., 0].sum() for low in (0.3, 0.93)
    )
    assert both > strong > 0


def test_edges_with_crossed_thresholds_are_said():
    with pytest.raises(ValueError, match=r"low is 0.9, which is above high, 0.5"):
        Canny(image=grey([0.0]), low=0.9, high=0.5).run()


@pytest.mark.parametrize("dither", [True, False])
def test_few_colours_are_left(dither):
    image = Image(torch.rand(1, 16, 16, 3, generator=torch.Generator().manual_seed(0)))
    got = ImageQuantise(image=image, colours=4, dither=dither).run().pixels
    assert got.shape == image.pixels.shape and len(got.reshape(-1, 3).unique(dim=0)) <= 4
