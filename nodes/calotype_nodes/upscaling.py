"""Nodes that enlarge pictures with a network."""

from __future__ import annotations

from calotype.node import Context, Input, Node
from calotype.types import FileRef, Image, UpscaleModel


class UpscaleModelLoader(Node, category="loaders"):
    """Take an upscale model (ESRGAN and its kin) from its file."""

    upscale_model: FileRef = Input(folder="upscale_models")

    def run(self, ctx: Context) -> UpscaleModel:
        """Give a recipe for the file."""
        return UpscaleModel(self.upscale_model, ctx.family(self.upscale_model))


class ImageUpscaleWithModel(Node, category="image"):
    """Enlarge pictures with an upscale model, by the factor that it was made for."""

    upscale_model: UpscaleModel
    image: Image
    tile: int = Input(default=512, ge=64, le=8192, step=64, doc="Pixels a side of what is computed at once.")
    overlap: int = Input(default=32, ge=0, le=512, step=8, doc="Pixels that neighbouring tiles share.")

    def run(self, ctx: Context) -> Image:
        """Enlarge them in tiles, smaller ones where memory does not suffice; transparency is scaled smoothly."""
        import torch

        pixels = self.image.pixels
        with ctx.load(self.upscale_model) as upscaler:
            larger = upscaler.upscale(pixels, self.tile, self.overlap, ctx.step)
        if pixels.shape[-1] == 4:
            alpha = pixels[..., 3:].movedim(-1, 1)
            clear = torch.nn.functional.interpolate(alpha, size=larger.shape[1:3], mode="bilinear")
            larger = torch.cat([larger, clear.movedim(1, -1)], dim=-1)
        return Image(larger)
