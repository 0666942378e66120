import pytest
import torch

from calotype.types import Image, Latent, Mask
from calotype_nodes.compositing import ImageComposite, JoinAlpha, LatentComposite, MaskCombine, SplitAlpha


def image(rows, channels: int = 3) -> Image:
    return Image(torch.tensor(rows)[None, ..., None].expand(-1, -1, -1, channels).clone())


BLACK, WHITE = image([[0.0] * 3] * 2), image([[1.0] * 2])


def shown(got: Image) -> list:
    return got.pixels[0, ..., 0].tolist()


@pytest.mark.parametrize(
    ("place", "rows"),
    [
        ({}, [[1, 1, 0], [0, 0, 0]]),
        ({"x": 2, "y": 1}, [[0, 0, 0], [0, 0, 1]]),
        ({"x": -1}, [[1, 0, 0], [0, 0, 0]]),
        ({"x": 5}, [[0, 0, 0], [0, 0, 0]]),
        ({"scale": True}, [[1, 1, 1], [1, 1, 1]]),
    ],
)
def test_a_picture_is_laid_on_another(place, rows):
    assert shown(ImageComposite(under=BLACK, over=WHITE, **place).run()) == rows


def test_a_mask_says_where_it_is_seen():
    mask = Mask(torch.tensor([[[0.25, 1.0]]]))
    assert shown(ImageComposite(under=BLACK, over=WHITE, mask=mask, x=1).run()) == [[0, 0.25, 1], [0, 0, 0]]


def test_one_picture_is_laid_on_every_one_of_a_batch_of_other_channels():
    under = Image(torch.zeros(2, 1, 2, 4))
    got = ImageComposite(under=under, over=WHITE).run().pixels
    assert torch.equal(got, torch.ones(2, 1, 2, 4))


def latent(value: float, width: int, height: int) -> Latent:
    return Latent(torch.full((1, 1, height, width), float(value)))


def test_a_latent_is_laid_on_another():
    got = LatentComposite(under=latent(0, 4, 1), over=latent(1, 2, 1), x=8).run()
    assert got.samples[0, 0].tolist() == [[0, 1, 1, 0]]


def test_inner_edges_fade_over_the_feather():
    got = LatentComposite(under=latent(0, 6, 1), over=latent(1, 4, 1), x=16, feather=16).run()
    assert got.samples[0, 0].tolist() == [[0, 0, 0.5, 1, 1, 1]]
    got = LatentComposite(under=latent(0, 6, 1), over=latent(1, 4, 1), feather=16).run()
    assert got.samples[0, 0].tolist() == [[1, 1, 1, 0.5, 0, 0]]
    got = LatentComposite(under=latent(0, 3, 1), over=latent(1, 4, 1), x=16, feather=32).run()
    assert got.samples[0, 0].tolist() == [[0, 0, 0.25]]


A, B = Mask(torch.tensor([[[0.2, 0.6, 1.0]]])), Mask(torch.tensor([[[0.7, 0.7]]]))


@pytest.mark.parametrize(
    ("operation", "row"),
    [
        ("multiply", [0.2, 0.42, 0.7]),
        ("add", [0.2, 1.0, 1.0]),
        ("subtract", [0.2, 0.0, 0.3]),
        ("and", [0.2, 1.0, 1.0]),
        ("or", [0.2, 1.0, 1.0]),
        ("xor", [0.2, 0.0, 0.0]),
    ],
)
def test_masks_combine_where_both_are(operation, row):
    before = A.values.clone()
    got = MaskCombine(mask=A, other=B, operation=operation, x=1).run()
    assert got.values.flatten().tolist() == pytest.approx(row)
    assert torch.equal(A.values, before)


def test_transparency_is_added_and_taken_off():
    mask = Mask(torch.tensor([[[0.0, 0.25, 1.0]]]))
    joined = JoinAlpha(image=image([[0.5] * 3]), mask=mask).run()
    assert joined.pixels[0, 0].tolist() == [[0.5, 0.5, 0.5, a] for a in (1.0, 0.75, 0.0)]
    back = SplitAlpha(image=joined).run()
    assert torch.equal(back.image.pixels, image([[0.5] * 3]).pixels) and torch.equal(back.mask.values, mask.values)
    assert not SplitAlpha(image=BLACK).run().mask.values.any()
    two = Image(torch.zeros(2, 1, 3, 3))
    assert JoinAlpha(image=two, mask=mask).run().pixels.shape == (2, 1, 3, 4)
    assert JoinAlpha(image=two, mask=mask, batch="fewest").run().pixels.shape == (1, 1, 3, 4)
