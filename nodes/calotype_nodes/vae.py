"""Nodes between pictures and latents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calotype.node import Context, Node
from calotype.types import Image, Latent, Vae

if TYPE_CHECKING:
    from torch import Tensor


class VAEEncode(Node, category="latent"):
    """Encode pictures into latents. Sides that are no multiple of 8 are cropped at the centre."""

    image: Image
    vae: Vae

    def run(self, ctx: Context) -> Latent:
        """Encode the colours; transparency is left out."""
        with ctx.load(self.vae) as autoencoder:
            return Latent(autoencoder.encode(cropped(self.image.pixels[..., :3])).cpu())


class VAEDecode(Node, category="latent"):
    """Decode latents into pictures."""

    latent: Latent
    vae: Vae

    def run(self, ctx: Context) -> Image:
        """Decode, and keep to 0..1."""
        with ctx.load(self.vae) as autoencoder:
            return Image(autoencoder.decode(self.latent.samples).float().clamp(0, 1).cpu())


def cropped(pixels: Tensor) -> Tensor:
    """Pixels (B, H, W, C) with both sides cut at the centre to multiples of 8. Raises ValueError for shorter sides."""
    high, wide = pixels.shape[1:3]
    if min(high, wide) < 8:
        raise ValueError(
            f"a picture of {wide} x {high} pixels is too small for a VAE, whose cells are 8 x 8; scale it up"
        )
    (top, height), (left, width) = ((side % 8 // 2, side // 8 * 8) for side in pixels.shape[1:3])
    return pixels[:, top : top + height, left : left + width]
