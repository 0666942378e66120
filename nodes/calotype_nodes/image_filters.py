"""Nodes that change the look of pictures."""

from __future__ import annotations

from typing import Literal

from calotype.node import Input, Node
from calotype.types import Image, Seed
from calotype_nodes.batches import matched, same_channels
from calotype_nodes.filters import blurred, canny, luma, sharpened

BlendMode = Literal["normal", "multiply", "screen", "overlay", "soft light", "difference"]
DitherPattern = Literal["floyd-steinberg", "bayer-2", "bayer-4", "bayer-8", "bayer-16"]


class ImageBlur(Node, category="image/filter"):
    """Blur pictures by a bell curve."""

    image: Image
    radius: int = Input(default=1, ge=0, le=256, doc="In pixels.")
    sigma: float = Input(default=1.0, ge=0.1, le=10, step=0.1, doc="The curve's deviation, in radii.")

    def run(self) -> Image:
        """Blur them; they are mirrored at their edges."""
        return Image(blurred(self.image.pixels.movedim(-1, 1), self.radius, self.sigma).movedim(1, -1).contiguous())


class ImageSharpen(Node, category="image/filter"):
    """Sharpen pictures: add what a blur takes away."""

    image: Image
    radius: int = Input(default=1, ge=1, le=31, doc="In pixels.")
    sigma: float = Input(default=1.0, ge=0.1, le=10, step=0.01, doc="The blur's deviation, in radii.")
    amount: float = Input(default=1.0, ge=0, le=5, step=0.01, doc="1 adds it ten times.")

    def run(self) -> Image:
        """Sharpen them."""
        planes = self.image.pixels.movedim(-1, 1)
        return Image(sharpened(planes, self.radius, self.sigma, 10 * self.amount).movedim(1, -1).contiguous())


class ImageInvert(Node, category="image/filter"):
    """Turn pictures into their negatives."""

    image: Image

    def run(self) -> Image:
        """One minus each colour; transparency stays."""
        out = 1.0 - self.image.pixels
        out[..., 3:] = self.image.pixels[..., 3:]
        return Image(out)


class ImageColour(Node, category="image/filter"):
    """Adjust brightness, contrast, saturation and gamma."""

    image: Image
    brightness: float = Input(default=1.0, ge=0, le=4, step=0.01, doc="Times each colour.")
    contrast: float = Input(default=1.0, ge=0, le=4, step=0.01, doc="Times the distance from middle grey.")
    saturation: float = Input(
        default=1.0, ge=0, le=4, step=0.01, doc="Times the distance from grey of the same lightness."
    )
    gamma: float = Input(default=1.0, ge=0.1, le=10, step=0.01, doc="Above 1 dark tones become lighter.")

    def run(self) -> Image:
        """Adjust them, in this order; transparency stays."""
        import torch

        pixels = self.image.pixels
        colour = pixels[..., :3] * self.brightness
        colour = (colour - 0.5) * self.contrast + 0.5
        grey = luma(colour)[..., None]
        colour = (grey + (colour - grey) * self.saturation).clamp(0, 1) ** (1 / self.gamma)
        return Image(torch.cat([colour, pixels[..., 3:]], -1))


class ImageGrey(Node, category="image/filter"):
    """Take the colours out of pictures."""

    image: Image

    def run(self) -> Image:
        """Their lightness; transparency stays."""
        import torch

        pixels = self.image.pixels
        return Image(torch.cat([luma(pixels)[..., None].expand(-1, -1, -1, 3), pixels[..., 3:]], -1))


class ImageBlend(Node, category="image/filter"):
    """Blend two pictures."""

    image: Image
    other: Image
    mode: BlendMode = "normal"
    amount: float = Input(default=0.5, ge=0, le=1, step=0.01, doc="0 is the first picture, 1 all of the blend.")

    def run(self) -> Image:
        """Blend them; the second is scaled to the first."""
        from calotype_nodes.blending import blend

        first = self.image.pixels
        second = same_channels(self.other.pixels, first.shape[-1]).movedim(-1, 1)
        second = matched(second, first.movedim(-1, 1), "bicubic").movedim(1, -1)
        mixed = first * (1 - self.amount) + blend(self.mode, first, second) * self.amount
        return Image(mixed.clamp(0, 1).contiguous())


class ImageNoise(Node, category="image/filter"):
    """Add noise to pictures."""

    image: Image
    seed: Seed = 0
    amount: float = Input(default=0.1, ge=0, le=1, step=0.01, doc="The noise's deviation.")

    def run(self) -> Image:
        """Add normal noise of the seed; transparency stays."""
        import torch

        out = self.image.pixels.clone()
        noise = torch.randn(out[..., :3].shape, generator=torch.Generator().manual_seed(self.seed))
        out[..., :3] = (out[..., :3] + self.amount * noise).clamp(0, 1)
        return Image(out)


class Canny(Node, category="image/filter"):
    """Find edges, as ControlNets for edges want them: white on black."""

    image: Image
    low: float = Input(default=0.4, ge=0.01, le=0.99, step=0.01, doc="Weaker edges are left out.")
    high: float = Input(
        default=0.8, ge=0.01, le=0.99, step=0.01, doc="Stronger edges stay, and what hangs together with them."
    )

    def run(self) -> Image:
        """Find them."""
        if self.low > self.high:
            raise ValueError(f"low is {self.low}, which is above high, {self.high}")
        edges = canny(luma(self.image.pixels), self.low, self.high)
        return Image(edges[..., None].expand(-1, -1, -1, 3).contiguous())


class ImageQuantise(Node, category="image/filter"):
    """Draw pictures with few colours."""

    image: Image
    colours: int = Input(default=16, ge=1, le=256)
    dither: bool = True
    pattern: DitherPattern = Input(default="floyd-steinberg", doc="How it dithers: by errors, or by a Bayer matrix.")

    def run(self) -> Image:
        """Choose the colours by median cut, for each picture."""
        from calotype_nodes.blending import quantised

        pattern = self.pattern if self.dither else None
        return Image(quantised(self.image.pixels[..., :3], self.colours, pattern))
