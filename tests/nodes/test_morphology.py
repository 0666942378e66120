import pytest
import torch
from torch.testing import assert_close

from calotype.types import Image, Mask
from calotype_nodes.blending import bayer, stirred
from calotype_nodes.image_filters import ImageQuantise
from calotype_nodes.morphology import ImageFromYUV, ImageMorphology, ImageToYUV
from calotype_nodes.porter_duff import ImagePorterDuff

RANDOM = torch.rand(2, 6, 5, 3, generator=torch.Generator().manual_seed(0))
DOT = torch.zeros(1, 5, 5, 3)
DOT[0, 2, 2] = 1.0


def morphed(pixels, operation, size=3):
    return ImageMorphology(image=Image(pixels), operation=operation, size=size).run().pixels


def test_light_grows_and_shrinks_by_squares():
    grown = morphed(DOT, "dilate")
    assert grown[0, ..., 0].sum() == 9 and grown[0, 1:4, 1:4].min() == 1
    assert torch.equal(morphed(grown, "erode"), DOT)
    assert torch.equal(morphed(DOT, "close"), DOT)
    assert not morphed(DOT, "open").any()
    assert torch.equal(morphed(DOT, "top_hat"), DOT)
    assert torch.equal(morphed(DOT, "gradient"), grown)
    assert torch.equal(morphed(1 - DOT, "bottom_hat"), DOT)


def test_an_even_square_opens_and_closes_in_place():
    grown = morphed(DOT, "dilate", 4)[0, ..., 0]
    assert grown.nonzero().tolist() == [[y, x] for y in range(4) for x in range(4)]
    wide = torch.nn.functional.pad(DOT, (0, 0, 3, 3, 3, 3))
    assert torch.equal(morphed(wide, "close", 4), wide)


def test_the_edge_of_a_picture_neither_lightens_nor_darkens():
    assert torch.equal(morphed(torch.full((1, 4, 4, 3), 0.25), "erode", 3), torch.full((1, 4, 4, 3), 0.25))


def test_lightness_and_colour_come_apart_and_together_again():
    y, u, v = ImageToYUV(image=Image(RANDOM)).run()
    assert_close(y.pixels[..., 0], RANDOM @ torch.tensor([0.299, 0.587, 0.114]))
    assert torch.equal(u.pixels[..., 0], u.pixels[..., 2])
    assert_close(ImageFromYUV(y=y, u=u, v=v).run().pixels, RANDOM)
    grey = ImageToYUV(image=Image(torch.full((1, 1, 1, 3), 0.25))).run()
    assert [round(plane.pixels.max().item(), 6) for plane in grey] == [0.25, 0.5, 0.5]


RED, BLUE = torch.tensor([1.0, 0.0, 0.0]), torch.tensor([0.0, 0.0, 1.0])
HALF = torch.full((1, 1, 1), 0.5)


def laid(mode, under_mask=HALF, over_mask=HALF):
    under, over = (Image(colour.expand(1, 1, 1, 3)) for colour in (RED, BLUE))
    masks = {"under_mask": Mask(under_mask), "over_mask": Mask(over_mask)}
    got = ImagePorterDuff(under=under, over=over, **masks, mode=mode).run()
    return [round(v, 4) for v in (*got.image.pixels.flatten().tolist(), 1 - got.mask.values.item())]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("clear", [0, 0, 0, 0]),
        ("under", [1, 0, 0, 0.5]),
        ("over", [0, 0, 1, 0.5]),
        ("over_over", [0.3333, 0, 0.6667, 0.75]),
        ("under_over", [0.6667, 0, 0.3333, 0.75]),
        ("over_in", [0, 0, 1, 0.25]),
        ("under_in", [1, 0, 0, 0.25]),
        ("over_out", [0, 0, 1, 0.25]),
        ("under_out", [1, 0, 0, 0.25]),
        ("over_atop", [0.5, 0, 0.5, 0.5]),
        ("under_atop", [0.5, 0, 0.5, 0.5]),
        ("xor", [0.5, 0, 0.5, 0.5]),
        ("add", [0.5, 0, 0.5, 1]),
        ("multiply", [0, 0, 0, 0.25]),
        ("screen", [0.6667, 0, 0.6667, 0.75]),
        ("darken", [0.3333, 0, 0.3333, 0.75]),
        ("lighten", [1, 0, 1, 0.75]),
        ("overlay", [0.3333, 0, 0, 0.75]),
    ],
)
def test_rules_of_porter_and_duff(mode, expected):
    assert laid(mode) == expected


def test_what_is_opaque_covers():
    nothing, all_of_it = torch.ones(1, 1, 1), torch.zeros(1, 1, 1)
    assert laid("over_over", all_of_it, all_of_it) == [0, 0, 1, 1]
    assert laid("over_over", all_of_it, nothing) == [1, 0, 0, 1]


def test_a_bayer_matrix_has_even_steps_about_nothing():
    assert (bayer(2) * 4).tolist() == [[-1.5, 0.5], [1.5, -0.5]]
    assert sorted((bayer(4) * 16).flatten().tolist()) == [i - 7.5 for i in range(16)]
    flat = stirred(torch.full((4, 4, 3), 100, dtype=torch.uint8).numpy(), 2, 64)
    assert flat[:2, :2, 0].tolist() == [[97, 101], [103, 99]]


def test_few_colours_are_stirred_by_a_matrix():
    image = Image(torch.linspace(0, 1, 64).view(1, 8, 8, 1).expand(-1, -1, -1, 3).contiguous())
    plain, mixed = (
        ImageQuantise(image=image, colours=3, dither=dither, pattern="bayer-4").run().pixels for dither in (False, True)
    )
    assert len(mixed.unique()) <= 3 and not torch.equal(plain, mixed)
