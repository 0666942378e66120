import pytest
import torch

from calotype.types import Conditioning, Mask, Prompt
from calotype_nodes.conditioning import (
    ConditioningArea,
    ConditioningAreaShare,
    ConditioningAverage,
    ConditioningCombine,
    ConditioningConcat,
    ConditioningMask,
    ConditioningSize,
    ConditioningStrength,
    ConditioningTimeRange,
    ConditioningZero,
)


def prompt(*values: float, pooled: float | None = None, **options) -> Prompt:
    tokens = torch.tensor(values).reshape(1, -1, 1)
    return Prompt(tokens, None if pooled is None else torch.tensor([[pooled]]), options=options)


def conditioning(*prompts: Prompt) -> Conditioning:
    return Conditioning(prompts, "sd15")


A, B = prompt(1.0, 2.0, pooled=4.0, start=0.1), prompt(3.0, pooled=8.0)


def said(got: Conditioning) -> list:
    return [(p.tokens.flatten().tolist(), None if p.pooled is None else p.pooled.item()) for p in got.prompts]


def test_combining_keeps_every_prompt_apart():
    got = ConditioningCombine(conditionings=(conditioning(A), conditioning(B, A))).run()
    assert got.prompts == (A, B, A) and got.family == "sd15"


def test_concatenating_lengthens_every_prompt():
    got = ConditioningConcat(conditioning=conditioning(A, B), other=conditioning(B)).run()
    assert said(got) == [([1.0, 2.0, 3.0], 4.0), ([3.0, 3.0], 8.0)]
    assert got.prompts[0].options == {"start": 0.1}


def test_averaging_weighs_tokens_and_pooled_and_fills_with_zeros():
    got = ConditioningAverage(conditioning=conditioning(A), other=conditioning(B), share=0.25).run()
    assert said(got) == [([0.25 + 2.25, 0.5], 7.0)]


def test_averaging_takes_the_pooled_that_there_is():
    got = ConditioningAverage(conditioning=conditioning(prompt(1.0)), other=conditioning(B)).run()
    assert said(got) == [([2.0], 8.0)]


def test_nothing_to_average_with_is_said():
    with pytest.raises(ValueError, match="the other conditioning has no prompts"):
        ConditioningAverage(conditioning=conditioning(A), other=conditioning()).run()


@pytest.mark.parametrize(
    ("node", "inputs", "options"),
    [
        (ConditioningArea, {"x": 8, "y": 16, "width": 64, "height": 128, "strength": 2.0},
         {"area": [16, 8, 2, 1], "strength": 2.0}),
        (ConditioningAreaShare, {"x": 0.1, "y": 0.2, "width": 0.5, "height": 0.25},
         {"area_share": [0.25, 0.5, 0.2, 0.1], "strength": 1.0}),
        (ConditioningStrength, {"strength": 0.5}, {"strength": 0.5}),
        (ConditioningTimeRange, {"start": 0.5, "end": 0.75}, {"start": 0.5, "end": 0.75}),
    ],
)  # fmt: skip
def test_where_when_and_how_strongly_is_said_of_every_prompt(node, inputs, options):
    got = node(conditioning=conditioning(A, B), **inputs).run()
    assert [p.options for p in got.prompts] == [{"start": 0.1} | options, options]


def test_an_area_that_8_does_not_divide_is_said():
    with pytest.raises(ValueError, match="width is 60, and has to be a multiple of 8; 64 is the nearest"):
        ConditioningArea(conditioning=conditioning(A), width=60).run()


def test_a_mask_goes_with_every_prompt():
    mask = torch.rand(1, 4, 4)
    got = ConditioningMask(conditioning=conditioning(A, B), mask=Mask(mask), strength=0.5, bounds=True).run()
    assert all(p.tensors["mask"] is mask for p in got.prompts)
    assert got.prompts[1].options == {"mask_strength": 0.5, "mask_bounds": True}


def test_a_silent_conditioning_is_zeros():
    assert said(ConditioningZero(conditioning=conditioning(A, prompt(5.0))).run()) == [([0.0, 0.0], 0.0), ([0.0], None)]


def test_what_was_said_survives_the_store():
    node = ConditioningArea(conditioning=conditioning(A), width=64, height=64)
    got = node.run()
    back = Conditioning.from_tensors(*got.to_tensors())
    assert back.prompts[0].options == got.prompts[0].options


def test_sizes_are_said_of_every_prompt():
    got = ConditioningSize(conditioning=conditioning(B), width=640, crop_h=8).run()
    assert got.prompts[0].options == {
        "width": 640, "height": 1024, "crop_w": 0, "crop_h": 8, "target_width": 1024, "target_height": 1024,
    }  # fmt: skip


def test_the_last_place_that_is_said_counts():
    share = ConditioningAreaShare(conditioning=conditioning(B), width=0.5).run()
    area = ConditioningArea(conditioning=share, width=64, height=128).run()
    assert area.prompts[0].options == {"area": [16, 8, 0, 0], "strength": 1.0}
    bounds = ConditioningMask(conditioning=area, mask=Mask(torch.ones(1, 2, 2)), bounds=True).run()
    assert ConditioningAreaShare(conditioning=bounds, width=0.5).run().prompts[0].options == {
        "area_share": [1.0, 0.5, 0.0, 0.0],
        "strength": 1.0,
        "mask_strength": 1.0,
    }
