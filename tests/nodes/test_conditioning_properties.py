"""What is said of conditionings at once is what nodes for each thing would say."""

import torch

from calotype.parts import TimeRange
from calotype.types import Conditioning, Mask, Prompt
from calotype_nodes.conditioning_properties import (
    ConditioningElsewhere,
    ConditioningPairCombine,
    ConditioningPairElsewhere,
    ConditioningPairProperties,
    ConditioningPairPropertiesCombine,
    ConditioningProperties,
    ConditioningPropertiesCombine,
    TimeRanges,
)

MASK = Mask(torch.ones(1, 2, 2))
TIMES = TimeRange(0.25, 0.5)
A, B, C, D = (Conditioning((Prompt(torch.full((1, 1, 1), float(i))),), "sd1") for i in range(4))
HOW = {"mask": MASK, "times": TIMES, "strength": 0.5, "bounds": True}
SAID = {"mask_strength": 0.5, "mask_bounds": True, "start": 0.25, "end": 0.5}


def said(got: Conditioning) -> list:
    return [(p.tokens.item(), dict(p.options), "mask" in p.tensors) for p in got.prompts]


def test_a_part_of_the_schedule_has_one_before_and_one_after():
    assert TimeRanges(start=0.25, end=0.5).run() == (TIMES, TimeRange(0.0, 0.25), TimeRange(0.5, 1.0))
    assert TimeRange.from_tensors(*TIMES.to_tensors()) == TIMES


def test_a_conditioning_applies_where_and_when_it_is_said():
    assert said(ConditioningProperties(conditioning=A, **HOW).run()) == [(0.0, SAID, True)]
    assert said(ConditioningProperties(conditioning=A, strength=0.5).run()) == [(0.0, {}, False)]
    assert said(ConditioningPropertiesCombine(conditioning=A, other=B, **HOW).run()) == [
        (0.0, {}, False),
        (1.0, SAID, True),
    ]


def test_pairs_are_treated_alike():
    pair = ConditioningPairProperties(positive=A, negative=B, **HOW).run()
    assert [said(side) for side in pair] == [[(0.0, SAID, True)], [(1.0, SAID, True)]]
    four = {"positive": A, "negative": B, "other_positive": C, "other_negative": D}
    both = ConditioningPairPropertiesCombine(**four, **HOW).run()
    assert [said(side) for side in both] == [
        [(0.0, {}, False), (2.0, SAID, True)],
        [(1.0, {}, False), (3.0, SAID, True)],
    ]
    plain = ConditioningPairCombine(**four).run()
    assert [[p.tokens.item() for p in side.prompts] for side in plain] == [[0.0, 2.0], [1.0, 3.0]]
    left = ConditioningPairElsewhere(**four).run()
    assert [[dict(p.options) for p in side.prompts] for side in left] == [[{}, {"elsewhere": True}]] * 2


def test_what_applies_elsewhere_is_marked():
    assert said(ConditioningElsewhere(conditioning=A, other=B).run()) == [
        (0.0, {}, False),
        (1.0, {"elsewhere": True}, False),
    ]
