"""Nodes between pictures and latents in tiles: pictures of any size in bounded memory."""

from __future__ import annotations

from calotype.node import Context, Input, Node
from calotype.types import Image, Latent, Vae
from calotype_nodes.vae import cropped


class VAEEncodeTiled(Node, category="latent"):
    """Encode large pictures into latents, in tiles that overlap."""

    image: Image
    vae: Vae
    tile: int = Input(default=512, ge=64, le=4096, step=64, doc="Its side in pixels, about.")
    overlap: int = Input(default=64, ge=0, le=4096, step=32, doc="In pixels; less than the half of a tile.")

    def run(self, ctx: Context) -> Latent:
        """Encode the colours; transparency is left out."""
        with ctx.load(self.vae) as autoencoder:
            pixels = cropped(self.image.pixels[..., :3])
            return Latent(autoencoder.encode_tiled(pixels, self.tile, self.overlap).cpu())


class VAEDecodeTiled(Node, category="latent"):
    """Decode large latents into pictures, in tiles that overlap."""

    latent: Latent
    vae: Vae
    tile: int = Input(default=512, ge=64, le=4096, step=32, doc="Its side in pixels, about.")
    overlap: int = Input(default=64, ge=0, le=4096, step=32, doc="In pixels; at most a quarter of a tile.")

    def run(self, ctx: Context) -> Image:
        """Decode, and keep to 0..1."""
        with ctx.load(self.vae) as autoencoder:
            pixels = autoencoder.decode_tiled(self.latent.samples, self.tile, self.overlap)
        return Image(pixels.float().clamp(0, 1).cpu())
