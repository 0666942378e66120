"""Nodes that say what guides a sampler: a denoiser and its conditionings, as one value."""

from __future__ import annotations

from typing import Literal

from calotype.node import Input, Node
from calotype.parts import Guider
from calotype.types import Conditioning, Model


class BasicGuider(Node, category="sampling"):
    """Guide by one conditioning alone: for distilled models, and those that are told their guidance."""

    model: Model
    conditioning: Conditioning

    def run(self) -> Guider:
        """Put them together."""
        return Guider("basic", self.model, (self.conditioning,))


class CFGGuider(Node, category="sampling"):
    """Guide towards a positive conditioning and away from a negative one."""

    model: Model
    positive: Conditioning
    negative: Conditioning
    cfg: float = Input(default=8.0, ge=0, le=100, step=0.1, doc="Guidance scale.")

    def run(self) -> Guider:
        """Put them together."""
        return Guider("cfg", self.model, (self.positive, self.negative), (("cfg", self.cfg),))


class DualCFGGuider(Node, category="sampling"):
    """Guide by two positive conditionings, such as a text and a picture, each with a scale of its own."""

    model: Model
    positive: Conditioning
    second: Conditioning
    negative: Conditioning
    cfg_first: float = Input(default=8.0, ge=0, le=100, step=0.1, doc="Of the first against the second.")
    cfg_second: float = Input(default=8.0, ge=0, le=100, step=0.1, doc="Of the second against the negative one.")
    style: Literal["regular", "nested"] = Input(
        default="regular", doc="nested: the second scale applies to what both positives come to."
    )

    def run(self) -> Guider:
        """Put them together."""
        settings = (("cfg", self.cfg_second), ("cfg_first", self.cfg_first))
        kind: Literal["dual", "dual_nested"] = "dual" if self.style == "regular" else "dual_nested"
        return Guider(kind, self.model, (self.positive, self.second, self.negative), settings)


class PerpNegGuider(Node, category="sampling"):
    """Guide away from what of the negative conditioning does not contradict the positive one."""

    model: Model
    positive: Conditioning
    negative: Conditioning
    empty: Conditioning
    cfg: float = Input(default=8.0, ge=0, le=100, step=0.1, doc="Guidance scale.")
    scale: float = Input(default=1.0, ge=0, le=100, step=0.01, doc="Of the negative conditioning.")

    def run(self) -> Guider:
        """Put them together. empty: the encoding of an empty text."""
        settings = (("cfg", self.cfg), ("scale", self.scale))
        return Guider("perp_neg", self.model, (self.positive, self.negative, self.empty), settings)
