"""Colour grading: with sliders, or with a look that several pictures share."""

from __future__ import annotations

from typing import Any, Literal

from calotype.node import Input, Node
from calotype.types import Image

from .look import PRESETS, Look

LookName = Literal["neutral", "bleached", "faded", "golden", "moonlight", "black and white"]


class ColourGrade(Node, category="film"):
    """Grade the colours of pictures: shadows, middle tones, lights, saturation and temperature."""

    aliases = ("ColorGrade",)

    image: Image
    lift: float = Input(default=0.0, ge=-1, le=1, step=0.01, doc="Added to the shadows.")
    gamma: float = Input(default=1.0, ge=0.1, le=10, step=0.01, doc="Of the middle tones; above 1 is brighter.")
    gain: float = Input(default=1.0, ge=0, le=10, step=0.01, doc="Factor of the lights.")
    saturation: float = Input(default=1.0, ge=0, le=4, step=0.01, doc="0 is grey.")
    temperature: float = Input(default=0.0, ge=-1, le=1, step=0.01, doc="-1 is blue, 1 is amber.")

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        """Inputs that the conformance check tries."""
        return [{"image": _ramp()}, {"image": _ramp(), "lift": 0.1, "saturation": 0.5, "temperature": 1.0}]

    def run(self) -> Image:
        """The graded pictures; an alpha channel stays as it is."""
        look = Look(self.lift, self.gamma, self.gain, self.saturation, self.temperature)
        return _graded(self.image, look)


class LookPreset(Node, category="film"):
    """A look by name, in full strength or less."""

    name: LookName = "neutral"
    strength: float = Input(default=1.0, ge=0, le=1, step=0.01, doc="0 changes nothing.")

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        """Inputs that the conformance check tries."""
        return [{"name": name, "strength": 0.5} for name in PRESETS]

    def run(self) -> Look:
        """The look, mixed with the neutral one."""
        return Look().mixed(PRESETS[self.name], self.strength)


class ApplyLook(Node, category="film"):
    """Grade pictures by a look."""

    image: Image
    look: Look

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        """Inputs that the conformance check tries."""
        return [{"image": _ramp(), "look": PRESETS["golden"]}]

    def run(self) -> Image:
        """The graded pictures; an alpha channel stays as it is."""
        return _graded(self.image, self.look)


def _graded(image: Image, look: Look) -> Image:
    import torch

    pixels = image.pixels
    return Image(torch.cat([look.applied(pixels[..., :3]), pixels[..., 3:]], -1))


def _ramp() -> Image:
    import torch

    return Image(torch.linspace(0, 1, 2 * 4 * 4).view(2, 4, 4, 1).repeat(1, 1, 1, 3))
