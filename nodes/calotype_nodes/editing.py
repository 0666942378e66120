"""Nodes for models that edit pictures by talking about them: Qwen-Image-Edit, FLUX.2."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from calotype.node import Context, Input, Node
from calotype.types import Clip, Conditioning, Image, Latent, Vae
from calotype_nodes.scaling import scaled

if TYPE_CHECKING:
    from torch import Tensor

SHOWN = 1024 * 1024  # pixels at which a picture is edited
GLANCED = 384 * 384  # pixels at which the text encoder looks at one picture of several


class TextEncodeQwenImageEdit(Node, category="conditioning"):
    """Encode what is to be done to a picture, which Qwen-Image-Edit sees both as a picture and as latents."""

    text: str = Input(default="", multiline=True)
    clip: Clip
    image: Image = Input(doc="Its first picture is edited, at about a megapixel.")
    vae: Vae

    def run(self, ctx: Context) -> Conditioning:
        """Encode the text and the picture with the clip, and the picture with the VAE."""
        shown = to_area(self.image.pixels[:1, ..., :3], SHOWN)
        return seen(ctx, self.text, self.clip, self.vae, [(shown, shown)], numbered=False)


class TextEncodeQwenImageEditPlus(Node, category="conditioning"):
    """Encode what is to be done with pictures: "Picture 1", "Picture 2" (Qwen-Image-Edit 2509 and later)."""

    text: str = Input(default="", multiline=True)
    clip: Clip
    images: tuple[Image, ...] = Input(least=1, doc="Every picture of a batch counts.")
    vae: Vae

    def run(self, ctx: Context) -> Conditioning:
        """Encode the text and the pictures, small, with the clip, and the pictures with the VAE."""
        pictures = [one[None] for image in self.images for one in image.pixels[..., :3]]
        views = [(to_area(one, GLANCED), to_area(one, SHOWN, multiple=8)) for one in pictures]
        return seen(ctx, self.text, self.clip, self.vae, views, numbered=True)


class ReferenceLatent(Node, category="conditioning"):
    """Give latents of a picture to a model that edits or combines pictures, such as FLUX.2; several add up."""

    conditioning: Conditioning
    latent: Latent

    def run(self) -> Conditioning:
        """Put them behind those that each prompt has already."""
        from calotype.diffusion.text.pictures import with_references

        prompts = tuple(with_references(p, [self.latent.samples]) for p in self.conditioning.prompts)
        return replace(self.conditioning, prompts=prompts)


def seen(
    ctx: Context, text: str, clip: Clip, vae: Vae, views: list[tuple[Tensor, Tensor]], *, numbered: bool
) -> Conditioning:
    """A prompt about pictures. views: of each, as the text encoder and as the VAE sees it, (1, H, W, 3)."""
    from calotype.diffusion.text.pictures import encode_pictures

    with ctx.load(vae) as autoencoder:
        references = [autoencoder.encode(large).cpu() for _, large in views]
    with ctx.load(clip) as encoder:
        prompt = encode_pictures(encoder, text, [small[0] for small, _ in views], references, numbered)
    return Conditioning((prompt,), clip.family)


def to_area(pixels: Tensor, area: int, multiple: int = 1) -> Tensor:
    """Pictures (B, H, W, C) scaled to about so many pixels, their proportions kept; sides multiples of `multiple`."""
    height, width = pixels.shape[1:3]
    share = math.sqrt(area / (height * width))
    high, wide = (max(multiple, round(side * share / multiple) * multiple) for side in (height, width))
    return scaled(pixels.movedim(-1, 1), wide, high, "area").movedim(1, -1)
