"""Nodes with networks that look at pictures: image encoders, and style models that make words of what they see."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from calotype.node import Context, Input, Node
from calotype.types import ClipVision, Conditioning, FileRef, Image, ImageFeatures, Prompt, StyleModel

if TYPE_CHECKING:
    from torch import Tensor


class ClipVisionLoader(Node, category="loaders"):
    """Take an image encoder (a CLIP that sees, or SigLIP) from its file."""

    clip_vision: FileRef = Input(folder="clip_vision")

    def run(self, ctx: Context) -> ClipVision:
        """Give a recipe for the file."""
        return ClipVision(self.clip_vision, ctx.family(self.clip_vision))


class ClipVisionEncode(Node, category="conditioning"):
    """Let an image encoder look at pictures."""

    clip_vision: ClipVision
    image: Image
    crop: Literal["center", "none"] = Input(default="center", doc="none: the whole picture, squeezed into a square.")

    def run(self, ctx: Context) -> ImageFeatures:
        """Encode the colours; transparency is left out."""
        with ctx.load(self.clip_vision) as encoder:
            features: ImageFeatures = encoder.encode(self.image.pixels, self.crop == "center")
        return features


class StyleModelLoader(Node, category="loaders"):
    """Take a style model (FLUX.1 Redux) from its file."""

    style_model: FileRef = Input(folder="style_models")

    def run(self, ctx: Context) -> StyleModel:
        """Give a recipe for the file."""
        return StyleModel(self.style_model, ctx.family(self.style_model))


class ConditioningStyle(Node, category="conditioning"):
    """Put what a style model makes of pictures behind the words of a prompt, so that new pictures resemble them."""

    conditioning: Conditioning
    style_model: StyleModel
    image_features: ImageFeatures
    strength: float = Input(default=1.0, ge=0, le=10, step=0.001)
    strength_of: Literal["words", "attention"] = Input(
        default="words", doc="words: they are multiplied by the strength; attention: that which others pay them."
    )

    def run(self, ctx: Context) -> Conditioning:
        """Longer prompts."""
        with ctx.load(self.style_model) as style:
            words = style.words(self.image_features)
        if self.strength_of == "words":
            return replace(self.conditioning, prompts=tuple(_longer(p, words * self.strength) for p in self._prompts))
        return replace(self.conditioning, prompts=tuple(_heeded(p, words, self.strength) for p in self._prompts))

    @property
    def _prompts(self) -> tuple[Prompt, ...]:
        return self.conditioning.prompts


def _longer(prompt: Prompt, words: Tensor) -> Prompt:
    import torch

    more = words.expand(prompt.tokens.shape[0], -1, -1).to(prompt.tokens)
    return replace(prompt, tokens=torch.cat([prompt.tokens, more], 1))


def _heeded(prompt: Prompt, words: Tensor, strength: float) -> Prompt:
    """The longer prompt, which says how much its new words are heeded; see `families.flux.heeded`."""
    if strength == 1:
        return _longer(prompt, words)
    spans = [*prompt.options.get("heeded", ()), [prompt.tokens.shape[1], words.shape[1], strength]]
    return replace(_longer(prompt, words), options={**prompt.options, "heeded": spans})
