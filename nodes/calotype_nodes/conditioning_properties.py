"""Nodes that say several things of conditionings at once, of one or of a positive and a negative together."""

from __future__ import annotations

from typing import NamedTuple

from calotype.node import Input, Node
from calotype.parts import TimeRange
from calotype.types import Conditioning, Mask
from calotype_nodes.conditioning import ConditioningCombine, ConditioningMask, with_options


class Ranges(NamedTuple):
    """A part of the schedule, and what lies before and after it."""

    times: TimeRange
    before: TimeRange
    after: TimeRange


class Pair(NamedTuple):
    """Both conditionings."""

    positive: Conditioning
    negative: Conditioning


class TimeRanges(Node, category="conditioning/properties"):
    """Name a part of the schedule, for conditionings that apply then."""

    start: float = Input(default=0.0, ge=0, le=1, step=0.001, doc="Share of the schedule at which it begins.")
    end: float = Input(default=1.0, ge=0, le=1, step=0.001, doc="Share of the schedule at which it ends.")

    def run(self) -> Ranges:
        """It, what comes before and what comes after."""
        return Ranges(TimeRange(self.start, self.end), TimeRange(0.0, self.start), TimeRange(self.end, 1.0))


class ConditioningProperties(Node, category="conditioning/properties"):
    """Say where and when a conditioning applies."""

    conditioning: Conditioning
    mask: Mask | None = None
    times: TimeRange | None = None
    strength: float = Input(default=1.0, ge=0, le=10, step=0.01, doc="Times the mask.")
    bounds: bool = Input(default=False, doc="Look only at the box around the mask.")

    def run(self) -> Conditioning:
        """With what is given."""
        return limited(self.conditioning, self.mask, self.times, self.strength, self.bounds)


class ConditioningPropertiesCombine(Node, category="conditioning/properties"):
    """Say where and when a second conditioning applies, and let both guide together."""

    conditioning: Conditioning
    other: Conditioning
    mask: Mask | None = None
    times: TimeRange | None = None
    strength: float = Input(default=1.0, ge=0, le=10, step=0.01, doc="Times the mask.")
    bounds: bool = Input(default=False, doc="Look only at the box around the mask.")

    def run(self) -> Conditioning:
        """Both; the first as it was."""
        return joined(self.conditioning, limited(self.other, self.mask, self.times, self.strength, self.bounds))


class ConditioningPairProperties(Node, category="conditioning/properties"):
    """Say where and when two conditionings apply."""

    positive: Conditioning
    negative: Conditioning
    mask: Mask | None = None
    times: TimeRange | None = None
    strength: float = Input(default=1.0, ge=0, le=10, step=0.01, doc="Times the mask.")
    bounds: bool = Input(default=False, doc="Look only at the box around the mask.")

    def run(self) -> Pair:
        """With what is given."""
        how = self.mask, self.times, self.strength, self.bounds
        return Pair(limited(self.positive, *how), limited(self.negative, *how))


class ConditioningPairPropertiesCombine(Node, category="conditioning/properties"):
    """Say where and when a second pair of conditionings applies, and let both pairs guide together."""

    positive: Conditioning
    negative: Conditioning
    other_positive: Conditioning
    other_negative: Conditioning
    mask: Mask | None = None
    times: TimeRange | None = None
    strength: float = Input(default=1.0, ge=0, le=10, step=0.01, doc="Times the mask.")
    bounds: bool = Input(default=False, doc="Look only at the box around the mask.")

    def run(self) -> Pair:
        """Both; the first pair as it was."""
        how = self.mask, self.times, self.strength, self.bounds
        return Pair(
            joined(self.positive, limited(self.other_positive, *how)),
            joined(self.negative, limited(self.other_negative, *how)),
        )


class ConditioningPairCombine(Node, category="conditioning/properties"):
    """Let two pairs of conditionings guide together."""

    positive: Conditioning
    negative: Conditioning
    other_positive: Conditioning
    other_negative: Conditioning

    def run(self) -> Pair:
        """All their prompts."""
        return Pair(joined(self.positive, self.other_positive), joined(self.negative, self.other_negative))


class ConditioningElsewhere(Node, category="conditioning/properties"):
    """Let a second conditioning apply wherever the first one leaves room."""

    conditioning: Conditioning
    other: Conditioning

    def run(self) -> Conditioning:
        """Both; at each moment the second has the weight that the first does not take."""
        return joined(self.conditioning, with_options(self.other, elsewhere=True))


class ConditioningPairElsewhere(Node, category="conditioning/properties"):
    """Let a second pair of conditionings apply wherever the first one leaves room."""

    positive: Conditioning
    negative: Conditioning
    other_positive: Conditioning
    other_negative: Conditioning

    def run(self) -> Pair:
        """Both; at each moment the second pair has the weight that the first does not take."""
        others = (with_options(one, elsewhere=True) for one in (self.other_positive, self.other_negative))
        return Pair(*map(joined, (self.positive, self.negative), others))


def limited(
    conditioning: Conditioning, mask: Mask | None, times: TimeRange | None, strength: float, bounds: bool
) -> Conditioning:
    """The conditioning, where a mask says and while a part of the schedule lasts."""
    if mask is not None:
        conditioning = ConditioningMask(conditioning=conditioning, mask=mask, strength=strength, bounds=bounds).run()
    return conditioning if times is None else with_options(conditioning, start=times.start, end=times.end)


def joined(first: Conditioning, second: Conditioning) -> Conditioning:
    """The prompts of both."""
    return ConditioningCombine(conditionings=(first, second)).run()
