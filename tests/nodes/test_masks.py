import pytest
import torch

from calotype.types import Image, Mask
from calotype_nodes.masks import (
    BlurMask,
    CropMask,
    FeatherMask,
    GrowMask,
    InvertMask,
    MaskFromColour,
    MaskFromImage,
    MaskToImage,
    ScaleMask,
    SolidMask,
    ThresholdMask,
)


def mask(*rows) -> Mask:
    return Mask(torch.tensor(rows, dtype=torch.float32)[None])


def rows(got: Mask) -> list:
    return got.values[0].tolist()


DOT = mask([0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0])


def test_a_mask_inverts():
    assert rows(InvertMask(mask=mask([0.0, 0.25, 1.0])).run()) == [[1.0, 0.75, 0.0]]


@pytest.mark.parametrize(("channel", "value"), [("red", 0.0), ("green", 0.25), ("blue", 0.5), ("alpha", 0.75)])
def test_a_channel_becomes_a_mask(channel, value):
    pixels = torch.tensor([0.0, 0.25, 0.5, 0.75]).reshape(1, 1, 1, 4)
    assert rows(MaskFromImage(image=Image(pixels), channel=channel).run()) == [[value]]


def test_a_picture_without_transparency_is_all_there():
    assert rows(MaskFromImage(image=Image(torch.zeros(1, 1, 2, 3)), channel="alpha").run()) == [[1.0, 1.0]]


@pytest.mark.parametrize(("tolerance", "found"), [(0, [[1.0, 0.0, 0.0]]), (3, [[1.0, 1.0, 0.0]])])
def test_a_colour_becomes_a_mask(tolerance, found):
    pixels = torch.tensor([[[[255, 128, 0], [253, 129, 3], [255, 128, 9]]]]) / 255
    assert rows(MaskFromColour(image=Image(pixels), colour="#FF8000", tolerance=tolerance).run()) == found


def test_what_is_no_colour_is_said():
    with pytest.raises(ValueError, match="'reddish' is not a colour; write it as #rrggbb, or one of black, blue"):
        MaskFromColour(image=Image(torch.zeros(1, 1, 1, 3)), colour="reddish").run()


def test_a_mask_is_shown_in_grey():
    assert MaskToImage(mask=mask([0.25])).run().pixels.tolist() == [[[[0.25] * 3]]]


def test_a_mask_of_one_value():
    assert rows(SolidMask(width=2, height=1, value=0.5).run()) == [[0.5, 0.5]]


def test_a_threshold_is_hard():
    assert rows(ThresholdMask(mask=mask([0.4, 0.5, 0.6])).run()) == [[0.0, 0.0, 1.0]]


def test_a_mask_grows_with_tapered_or_square_corners():
    tapered = rows(GrowMask(mask=DOT, pixels=2).run())
    assert tapered == [[0, 0, 1, 0, 0], [0, 1, 1, 1, 0], [1, 1, 1, 1, 1], [0, 1, 1, 1, 0], [0, 0, 1, 0, 0]]
    square = rows(GrowMask(mask=DOT, pixels=1, tapered_corners=False).run())
    assert square == [[0, 0, 0, 0, 0], [0, 1, 1, 1, 0], [0, 1, 1, 1, 0], [0, 1, 1, 1, 0], [0, 0, 0, 0, 0]]


@pytest.mark.parametrize("tapered", [True, False])
def test_a_mask_shrinks_to_what_it_was_grown_from(tapered):
    dot = Mask(torch.nn.functional.pad(DOT.values, (2, 2, 2, 2)))
    grown = GrowMask(mask=dot, pixels=2, tapered_corners=tapered).run()
    assert rows(GrowMask(mask=grown, pixels=-2, tapered_corners=tapered).run()) == rows(dot)


def test_a_mask_fades_towards_its_edges():
    got = FeatherMask(mask=mask([1.0] * 4, [1.0] * 4), left=2, right=1, top=1, bottom=9).run()
    assert rows(got) == [[0.5, 1.0, 1.0, 1.0], [0.25, 0.5, 0.5, 0.5]]


def test_a_mask_fades_as_in_comfyui_whose_ramps_at_the_far_sides_are_turned():
    got = FeatherMask(mask=mask([1.0] * 4, [1.0] * 4), right=2, bottom=2, turned=True).run()
    assert rows(got) == [[0.25, 0.5, 0.5, 0.5], [0.5, 1.0, 1.0, 1.0]]


def test_a_blur_softens_and_keeps_the_sum():
    got = BlurMask(mask=DOT, radius=1).run().values
    assert got.sum().item() == pytest.approx(1.0)
    assert got[0, 2, 2] > got[0, 2, 1] > got[0, 1, 1] > 0


def test_a_mask_is_cut_and_scaled():
    whole = mask([0, 1, 2], [3, 4, 5])
    assert rows(CropMask(mask=whole, x=1, y=0, width=9, height=1).run()) == [[1, 2]]
    assert rows(ScaleMask(mask=mask([0, 1]), width=4, height=0, method="nearest-exact").run()) == [[0, 0, 1, 1]] * 2
