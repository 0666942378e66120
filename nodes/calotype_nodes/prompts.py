"""Nodes that encode prompts for families with several text encoders, each with a text of its own."""

from __future__ import annotations

from typing import Any

from calotype.node import Context, Input, Node
from calotype.types import Clip, Conditioning, Words
from calotype_nodes.conditioning import with_options
from calotype_nodes.embeddings import embeddings_in


class TextEncodeSDXL(Node, category="conditioning"):
    """Encode prompts for SDXL's two text encoders, and tell it the sizes of the picture."""

    text_g: Words = Input(default="", multiline=True, doc="For the large encoder, which describes.")
    text_l: Words = Input(default="", multiline=True, doc="For the small encoder, which names the style.")
    clip: Clip
    width: int = Input(default=1024, ge=0, le=16384, doc="Of the picture before any cropping.")
    height: int = Input(default=1024, ge=0, le=16384)
    crop_w: int = Input(default=0, ge=0, le=16384, doc="How much was cut off at the left.")
    crop_h: int = Input(default=0, ge=0, le=16384, doc="How much was cut off at the top.")
    target_width: int = Input(default=1024, ge=0, le=16384, doc="Of the picture that is asked for.")
    target_height: int = Input(default=1024, ge=0, le=16384)

    def run(self, ctx: Context) -> Conditioning:
        """Encode both, and say the sizes."""
        names = ("width", "height", "crop_w", "crop_h", "target_width", "target_height")
        sizes = {name: getattr(self, name) for name in names}
        return encoded(ctx, self.clip, self.text_l, self.text_g, **sizes)


class TextEncodeSDXLRefiner(Node, category="conditioning"):
    """Encode a prompt for SDXL's refiner, and tell it the size and the beauty of the picture."""

    text: Words = Input(default="", multiline=True)
    clip: Clip
    score: float = Input(default=6.0, ge=0, le=1000, step=0.01, doc="Aesthetic score; about 2.5 for a negative one.")
    width: int = Input(default=1024, ge=0, le=16384, doc="Of the picture.")
    height: int = Input(default=1024, ge=0, le=16384)

    def run(self, ctx: Context) -> Conditioning:
        """Encode it, and say the rest."""
        size = {"width": self.width, "height": self.height}
        return encoded(ctx, self.clip, self.text, aesthetic_score=self.score, **size)


class TextEncodeSD3(Node, category="conditioning"):
    """Encode prompts for the three text encoders of SD 3."""

    text_l: Words = Input(default="", multiline=True, doc="For the small CLIP.")
    text_g: Words = Input(default="", multiline=True, doc="For the large CLIP.")
    text_t5: Words = Input(default="", multiline=True, doc="For the T5, if it is there.")
    clip: Clip

    def run(self, ctx: Context) -> Conditioning:
        """Encode all three."""
        return encoded(ctx, self.clip, self.text_l, self.text_g, self.text_t5)


class TextEncodeFlux(Node, category="conditioning"):
    """Encode prompts for the two text encoders of FLUX.1, and tell it the guidance."""

    text_l: Words = Input(default="", multiline=True, doc="For the CLIP.")
    text_t5: Words = Input(default="", multiline=True, doc="For the T5.")
    clip: Clip
    guidance: float = Input(default=3.5, ge=0, le=100, step=0.1, doc="What the model is told; its cfg stays 1.")

    def run(self, ctx: Context) -> Conditioning:
        """Encode both, and say the guidance."""
        return encoded(ctx, self.clip, self.text_l, self.text_t5, beside=0, guidance=self.guidance)


class ConditioningGuidance(Node, category="conditioning"):
    """Tell a distilled model (FLUX.1 dev) how strongly it is guided."""

    conditioning: Conditioning
    guidance: float = Input(default=3.5, ge=0, le=100, step=0.1, doc="What the model is told; its cfg stays 1.")

    def run(self) -> Conditioning:
        """Say it."""
        return with_options(self.conditioning, guidance=self.guidance)


def encoded(ctx: Context, clip: Clip, *texts: str, beside: int = 2, **options: Any) -> Conditioning:
    """A conditioning of one prompt, from a text for each encoder."""
    from calotype.diffusion.text.several import encode_each

    embeddings = embeddings_in(ctx, *texts)
    with ctx.load(clip) as encoder:
        prompt = encode_each(encoder, texts, beside, embeddings)
    return with_options(Conditioning((prompt,), clip.family), **options)
