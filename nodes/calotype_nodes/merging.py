"""Nodes that merge two models, as a patch in the recipe: weights are summed when the model is loaded."""

from __future__ import annotations

from typing import TypeVar

from calotype.node import Input, Node
from calotype.types import Clip, Model, Patch, Recipe, Scalar

R = TypeVar("R", bound=Recipe)


class ModelMerge(Node, category="model"):
    """Mix the weights of two models."""

    model: Model
    other: Model
    share: float = Input(default=1.0, ge=0, le=1, step=0.01, doc="Of the first one: 1 is all of it.")

    def run(self) -> Model:
        """Add the patch."""
        return merged(self.model, self.other, keep=self.share, add=1.0 - self.share)


class ModelBelowNoise(Node, category="model"):
    """Let a second model take over where there is little noise left (Wan 2.2 14B, whose models are two)."""

    model: Model
    other: Model = Input(doc="For little noise.")
    boundary: float = Input(default=0.875, ge=0, le=1, step=0.001, doc="Share of all noise below which it takes over.")

    def run(self) -> Model:
        """Add the patch."""
        return self.model.patched(Patch("below", settings=(("boundary", self.boundary),), other=self.other))


class ModelMergeBlocks(Node, category="model"):
    """Mix the weights of two U-Nets, each part with a share of its own."""

    model: Model
    other: Model
    input: float = Input(default=1.0, ge=0, le=1, step=0.01, doc="Of the first one on the way down, and at the edges.")
    middle: float = Input(default=1.0, ge=0, le=1, step=0.01, doc="Of the first one in the middle.")
    out: float = Input(default=1.0, ge=0, le=1, step=0.01, doc="Of the first one on the way up.")

    def run(self) -> Model:
        """Add the patch."""
        shares = f"input {self.input}\nmiddle {self.middle}\nout {self.out}"
        return merged(self.model, self.other, shares=shares)


class ModelMergeLayers(Node, category="model"):
    """Mix the weights of two models, each layer with a share of its own."""

    model: Model
    other: Model
    shares: str = Input(
        default="time_embed. 1.0\ninput_blocks. 1.0\nmiddle_block. 1.0\noutput_blocks. 1.0\nout. 1.0",
        multiline=True,
        doc="Lines of how names of layers begin, and the share of the first model; the first line counts for all else.",
    )

    def run(self) -> Model:
        """Add the patch."""
        return merged(self.model, self.other, shares=self.shares)


class ModelMergeAdd(Node, category="model"):
    """Add the weights of a model to those of another."""

    model: Model
    other: Model

    def run(self) -> Model:
        """Add the patch."""
        return merged(self.model, self.other, keep=1.0, add=1.0)


class ModelMergeSubtract(Node, category="model"):
    """Take the weights of a model from those of another: what tells the first from the second."""

    model: Model
    other: Model
    factor: float = Input(default=1.0, ge=-10, le=10, step=0.01, doc="The difference is multiplied with this.")

    def run(self) -> Model:
        """Add the patch."""
        return merged(self.model, self.other, keep=self.factor, add=-self.factor)


class ClipMerge(Node, category="model"):
    """Mix the weights of two text encoders."""

    clip: Clip
    other: Clip
    share: float = Input(default=1.0, ge=0, le=1, step=0.01, doc="Of the first one: 1 is all of it.")

    def run(self) -> Clip:
        """Add the patch."""
        return merged(self.clip, self.other, keep=self.share, add=1.0 - self.share)


class ClipMergeAdd(Node, category="model"):
    """Add the weights of a text encoder to those of another."""

    clip: Clip
    other: Clip

    def run(self) -> Clip:
        """Add the patch."""
        return merged(self.clip, self.other, keep=1.0, add=1.0)


class ClipMergeSubtract(Node, category="model"):
    """Take the weights of a text encoder from those of another."""

    clip: Clip
    other: Clip
    factor: float = Input(default=1.0, ge=-10, le=10, step=0.01, doc="The difference is multiplied with this.")

    def run(self) -> Clip:
        """Add the patch."""
        return merged(self.clip, self.other, keep=self.factor, add=-self.factor)


def merged(recipe: R, other: R, **settings: Scalar) -> R:
    """The recipe with another model in it."""
    return recipe.patched(Patch("merge", settings=tuple(sorted(settings.items())), other=other))
