"""Nodes that steer a denoiser by pictures."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from calotype import types
from calotype.node import Input, Node
from calotype.types import Conditioning, Control, Image, Vae


class Steered(NamedTuple):
    """Both conditionings, steered."""

    positive: Conditioning
    negative: Conditioning


class ControlNet(Node, category="conditioning"):
    """Steer by a picture: edges, depth, a pose, or what else the ControlNet has learnt."""

    positive: Conditioning
    negative: Conditioning
    control_net: types.ControlNet
    image: Image
    strength: float = Input(default=1.0, ge=0, le=10, step=0.01)
    start: float = Input(default=0.0, ge=0, le=1, step=0.001, doc="Share of the schedule at which it begins.")
    end: float = Input(default=1.0, ge=0, le=1, step=0.001, doc="Share of the schedule at which it ends.")
    vae: Vae | None = Input(default=None, doc="For ControlNets of SD 3 and FLUX.1, which see the picture through it.")

    def run(self) -> Steered:
        """Add the control to every prompt of both; a strength of 0 adds none."""
        if self.strength == 0:
            return Steered(self.positive, self.negative)
        hint = self.image.pixels[..., :3]
        control = Control(self.control_net, hint, self.strength, self.start, self.end, self.vae)
        return Steered(controlled(self.positive, control), controlled(self.negative, control))


class ControlNetSingle(Node, category="conditioning"):
    """Steer one conditioning by a picture; as the positive side it brings a negative one without ControlNets along."""

    conditioning: Conditioning
    control_net: types.ControlNet
    image: Image
    strength: float = Input(default=1.0, ge=0, le=10, step=0.01)

    def run(self) -> Conditioning:
        """Add the control to every prompt; a strength of 0 adds none."""
        if self.strength == 0:
            return self.conditioning
        control = Control(self.control_net, self.image.pixels[..., :3], self.strength, 0.0, 1.0)
        return controlled(self.conditioning, control, for_negative=True)


def controlled(conditioning: Conditioning, control: Control, *, for_negative: bool = False) -> Conditioning:
    """The conditioning with one more control on every prompt, after those it has.

    for_negative: whether all its controls steer the negative side too, where that has none of its own.
    """
    prompts = (
        replace(p, controls=(*p.controls, control), options={**p.options, "controls_for_negative": for_negative})
        for p in conditioning.prompts
    )
    return replace(conditioning, prompts=tuple(prompts))
