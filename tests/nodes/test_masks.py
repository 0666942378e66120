import pytest
import torch

from calotype.types import Image, Mask
from calotype_nodes.masks import InvertMask, MaskFromImage, MaskToImage, SolidMask


def test_a_mask_inverts():
    assert InvertMask(mask=Mask(torch.tensor([[[0.0, 0.25, 1.0]]]))).run().values.tolist() == [[[1.0, 0.75, 0.0]]]


@pytest.mark.parametrize(("channel", "value"), [("red", 0.0), ("green", 0.25), ("blue", 0.5), ("alpha", 0.75)])
def test_a_channel_becomes_a_mask(channel, value):
    pixels = torch.tensor([0.0, 0.25, 0.5, 0.75]).reshape(1, 1, 1, 4)
    assert MaskFromImage(image=Image(pixels), channel=channel).run().values.tolist() == [[[value]]]


def test_a_picture_without_transparency_is_all_there():
    assert MaskFromImage(image=Image(torch.zeros(1, 1, 2, 3)), channel="alpha").run().values.tolist() == [[[1.0, 1.0]]]


def test_a_mask_is_shown_in_grey():
    assert MaskToImage(mask=Mask(torch.tensor([[[0.25]]]))).run().pixels.tolist() == [[[[0.25] * 3]]]


def test_a_mask_of_one_value():
    assert SolidMask(width=2, height=1, value=0.5).run().values.tolist() == [[[0.5, 0.5]]]
