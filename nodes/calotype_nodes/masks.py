"""Nodes that make and change masks."""

from __future__ import annotations

from typing import Literal

from calotype.node import Input, Node
from calotype.types import Image, Mask
from calotype_nodes.scaling import Crop, ScaleMethod, scaled, wanted_size


class SolidMask(Node, category="mask"):
    """A mask with one value everywhere."""

    width: int = Input(default=512, ge=1, le=16384)
    height: int = Input(default=512, ge=1, le=16384)
    value: float = Input(default=1.0, ge=0, le=1, step=0.01)

    def run(self) -> Mask:
        """Fill it."""
        import torch

        return Mask(torch.full((1, self.height, self.width), self.value))


class MaskFromImage(Node, category="mask"):
    """Take one channel of a picture as a mask."""

    image: Image
    channel: Literal["red", "green", "blue", "alpha"] = "red"

    def run(self) -> Mask:
        """The channel; a picture without transparency has an alpha of 1."""
        import torch

        index = ("red", "green", "blue", "alpha").index(self.channel)
        pixels = self.image.pixels
        if index >= pixels.shape[-1]:
            return Mask(torch.ones(pixels.shape[:3]))
        return Mask(pixels[..., index].clone())


class MaskFromColour(Node, category="mask"):
    """A mask of the pixels that have a colour, or one near to it."""

    image: Image
    colour: str = Input(default="#000000", doc="As #rrggbb.")
    tolerance: int = Input(default=0, ge=0, le=255, doc="How far each channel may be off, of 255.")

    def run(self) -> Mask:
        """1 where the colour is."""
        import torch

        from calotype_nodes.colours import parse

        colour = torch.tensor(parse(self.colour)) * 255
        levels = (self.image.pixels[..., :3].clamp(0, 1) * 255).round()
        return Mask(((levels - colour.round()).abs() <= self.tolerance).all(-1).float())


class MaskToImage(Node, category="mask"):
    """Show a mask as a grey picture."""

    mask: Mask

    def run(self) -> Image:
        """Grey, white inside."""
        return Image(self.mask.values[..., None].expand(-1, -1, -1, 3).contiguous())


class InvertMask(Node, category="mask"):
    """Swap inside and outside."""

    mask: Mask

    def run(self) -> Mask:
        """One minus the mask."""
        return Mask(1.0 - self.mask.values)


class ThresholdMask(Node, category="mask"):
    """Make a mask hard: 1 above a value, 0 elsewhere."""

    mask: Mask
    value: float = Input(default=0.5, ge=0, le=1, step=0.01)

    def run(self) -> Mask:
        """Compare."""
        return Mask((self.mask.values > self.value).float())


class GrowMask(Node, category="mask"):
    """Make the inside of a mask wider, or narrower."""

    mask: Mask
    pixels: int = Input(default=6, ge=-1024, le=1024, doc="Below 0 it becomes narrower.")
    tapered_corners: bool = True

    def run(self) -> Mask:
        """Grow it, pixel by pixel."""
        from calotype_nodes.mask_filters import grown

        return Mask(grown(self.mask.values, self.pixels, self.tapered_corners))


class FeatherMask(Node, category="mask"):
    """Let a mask fade towards the edges of the picture."""

    mask: Mask
    left: int = Input(default=0, ge=0, le=16384, doc="Over how many pixels.")
    top: int = Input(default=0, ge=0, le=16384)
    right: int = Input(default=0, ge=0, le=16384)
    bottom: int = Input(default=0, ge=0, le=16384)
    turned: bool = Input(
        default=False, doc="As in ComfyUI: the faintest line of right and bottom falls on the left and the top."
    )

    def run(self) -> Mask:
        """Multiply by ramps."""
        from calotype_nodes.mask_filters import feathered

        return Mask(feathered(self.mask.values, self.left, self.top, self.right, self.bottom, turned=self.turned))


class BlurMask(Node, category="mask"):
    """Soften the edges of a mask."""

    mask: Mask
    radius: int = Input(default=4, ge=0, le=256, doc="In pixels.")

    def run(self) -> Mask:
        """Blur by a bell curve that is 2.5 deviations wide at the radius."""
        from calotype_nodes.filters import blurred

        return Mask(blurred(self.mask.values[:, None], self.radius, 0.4)[:, 0])


class CropMask(Node, category="mask"):
    """Cut a rectangle out of a mask."""

    mask: Mask
    x: int = Input(default=0, ge=0, le=16384)
    y: int = Input(default=0, ge=0, le=16384)
    width: int = Input(default=512, ge=1, le=16384)
    height: int = Input(default=512, ge=1, le=16384)

    def run(self) -> Mask:
        """Cut; what would lie outside is left out."""
        values = self.mask.values
        left, top = min(self.x, values.shape[2] - 1), min(self.y, values.shape[1] - 1)
        return Mask(values[:, top : top + self.height, left : left + self.width].clone())


class ScaleMask(Node, category="mask"):
    """Scale a mask to a size."""

    mask: Mask
    width: int = Input(default=512, ge=0, le=16384, doc="In pixels; 0 keeps the proportions.")
    height: int = Input(default=512, ge=0, le=16384, doc="In pixels; 0 keeps the proportions.")
    method: ScaleMethod = "bilinear"
    crop: Crop = Input(default="none", doc="center: cut off what does not fit the new proportions.")

    def run(self) -> Mask:
        """Scale it."""
        planes = self.mask.values[:, None]
        width, height = wanted_size(self.width, self.height, planes.shape[-1], planes.shape[-2])
        return Mask(scaled(planes, width, height, self.method, self.crop)[:, 0].clamp(0, 1))
