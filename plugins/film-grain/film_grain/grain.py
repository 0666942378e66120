"""Grain, as film has it: strongest in the middle tones, none in pure black and white."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from calotype.node import Input, Node
from calotype.types import Image, Seed

if TYPE_CHECKING:
    from torch import Tensor

LUMA = (0.2126, 0.7152, 0.0722)  # Rec. 709


class FilmGrain(Node, category="film"):
    """Add film grain to pictures.

    Each picture of a batch has its own grain: picture k has that of the seed `seed + k`, so that it can be made alone.
    """

    image: Image
    amount: float = Input(
        default=0.1,
        ge=0,
        le=1,
        step=0.01,
        doc="Standard deviation of the grain in middle grey.",
        widget="film-grain-strip",
    )
    size: float = Input(default=1.0, ge=0, le=16, step=0.1, doc="Radius of a grain in pixels; 0 is one pixel sharp.")
    seed: Seed = 0
    monochrome: bool = Input(default=True, doc="One grain for all colours, as in black and white film.")

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        """Inputs that the conformance check tries."""
        import torch

        grey = Image(torch.full((2, 8, 9, 3), 0.5))
        return [{"image": grey}, {"image": grey, "size": 0.0, "seed": 2**64 - 1, "monochrome": False}]

    def run(self) -> Image:
        """The same pictures with grain; an alpha channel stays as it is."""
        import torch

        pixels = self.image.pixels
        colour, alpha = pixels[..., :3], pixels[..., 3:]
        channels = 1 if self.monochrome else 3
        seeds = [(self.seed + k) % 2**64 for k in range(len(pixels))]
        grain = torch.stack([_grain(*pixels.shape[1:3], channels, self.size, s) for s in seeds]).to(pixels)
        return Image(torch.cat([(colour + self.amount * 2 * _spread(colour) * grain).clamp(0, 1), alpha], -1))


def _spread(colour: Tensor) -> Tensor:
    """The standard deviation of grain where the mean is u: sqrt(u (1 - u)); (B, H, W, 3) to (B, H, W, 1).

    That of the Boolean model, in which a point is covered by a grain or not: Newson, Delon and Galerne, "A stochastic
    film grain model for resolution-independent rendering", Computer Graphics Forum 36 (2017).
    """
    mean = (colour * colour.new_tensor(LUMA)).sum(-1, keepdim=True).clamp(0, 1)
    return (mean * (1 - mean)).sqrt()


def _grain(height: int, width: int, channels: int, size: float, seed: int) -> Tensor:
    """Gaussian noise of variance 1, blurred to grains of radius `size`; (height, width, channels)."""
    import torch
    from torch.nn.functional import conv2d

    kernel = _kernel(size)
    margin = len(kernel) - 1  # the blur takes it away again, so that the noise is the same up to the edges
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn((channels, 1, height + margin, width + margin), generator=generator)
    noise = conv2d(conv2d(noise, kernel.view(1, 1, -1, 1)), kernel.view(1, 1, 1, -1))
    return noise[:, 0].permute(1, 2, 0)


def _kernel(size: float) -> Tensor:
    """A Gaussian of standard deviation `size / 2`, of unit energy, so that the blur keeps the variance."""
    import torch

    reach = math.ceil(1.5 * size)
    distance = torch.arange(-reach, reach + 1, dtype=torch.float32)
    kernel = torch.exp(-2 * (distance / size) ** 2) if reach else torch.ones(1)
    return kernel / kernel.square().sum().sqrt()
