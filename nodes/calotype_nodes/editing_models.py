"""Nodes for models that read a picture beside the latent: inpainting and editing models."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from calotype.node import Context, Input, Node
from calotype.types import Conditioning, Image, Latent, Mask, Vae
from calotype_nodes.inpainting import greyed
from calotype_nodes.vae import cropped

if TYPE_CHECKING:
    from torch import Tensor


class Conditioned(NamedTuple):
    """Both sides with a picture, and the latents to begin with."""

    positive: Conditioning
    negative: Conditioning
    latent: Latent


class InpaintModelConditioning(Node, category="conditioning"):
    """Show a picture and a mask to an inpainting model, which makes anew what is inside."""

    positive: Conditioning
    negative: Conditioning
    image: Image
    mask: Mask
    vae: Vae
    noise_mask: bool = Input(default=True, doc="Denoise inside of the mask only.")

    def run(self, ctx: Context) -> Conditioned:
        """Encode the picture, whole and with grey inside the mask."""
        pixels = self.image.pixels[..., :3]
        hidden, _ = greyed(pixels, self.mask.values, 0)
        mask = fitted_mask(self.mask.values, pixels)
        with ctx.load(self.vae) as autoencoder:
            shown, whole = autoencoder.encode(hidden).cpu(), autoencoder.encode(cropped(pixels)).cpu()
        tensors = {"concat_latent": shown, "concat_mask": mask}
        latent = Latent(whole, mask if self.noise_mask else None)
        return Conditioned(showing(self.positive, **tensors), showing(self.negative, **tensors), latent)


class EditModelConditioning(Node, category="conditioning"):
    """Show a picture to a model that edits pictures as the prompt says (InstructPix2Pix, CosXL Edit, FLUX.1 Canny)."""

    positive: Conditioning
    negative: Conditioning
    image: Image
    vae: Vae

    def run(self, ctx: Context) -> Conditioned:
        """Encode the picture; the latents to begin with are empty."""
        import torch

        with ctx.load(self.vae) as autoencoder:
            shown = autoencoder.encode(cropped(self.image.pixels[..., :3])).cpu()
        positive, negative = (showing(side, concat_latent=shown) for side in (self.positive, self.negative))
        return Conditioned(positive, negative, Latent(torch.zeros_like(shown)))


def showing(conditioning: Conditioning, **tensors: Tensor) -> Conditioning:
    """The conditioning with further tensors in every prompt."""
    prompts = tuple(replace(p, tensors=dict(p.tensors) | tensors) for p in conditioning.prompts)
    return replace(conditioning, prompts=prompts)


def fitted_mask(mask: Tensor, pixels: Tensor) -> Tensor:
    """A mask (B or 1, H, W) smoothly scaled to pictures (B, h, w, C), and cropped as they are."""
    from torch.nn.functional import interpolate

    scaled = interpolate(mask[:, None], size=pixels.shape[1:3], mode="bilinear")
    return cropped(scaled.movedim(1, -1))[..., 0]
