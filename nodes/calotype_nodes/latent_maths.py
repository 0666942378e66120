"""Nodes that compute with latents. The second one is scaled, cut and repeated to the first one's size."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from calotype.node import Input, Node
from calotype.types import Latent, Seed
from calotype_nodes.batches import matched

if TYPE_CHECKING:
    from torch import Tensor


class LatentAdd(Node, category="latent/maths"):
    """Add two latents."""

    latent: Latent
    other: Latent

    def run(self) -> Latent:
        """Cell by cell."""
        a, b = pair(self.latent, self.other)
        return replace(self.latent, samples=a + b)


class LatentSubtract(Node, category="latent/maths"):
    """Subtract a latent from another."""

    latent: Latent
    other: Latent

    def run(self) -> Latent:
        """Cell by cell."""
        a, b = pair(self.latent, self.other)
        return replace(self.latent, samples=a - b)


class LatentMultiply(Node, category="latent/maths"):
    """Multiply a latent by a number."""

    latent: Latent
    factor: float = Input(default=1.0, ge=-10, le=10, step=0.01)

    def run(self) -> Latent:
        """Cell by cell."""
        return replace(self.latent, samples=self.latent.samples * self.factor)


class LatentBlend(Node, category="latent/maths"):
    """Mix two latents evenly."""

    latent: Latent
    other: Latent
    share: float = Input(default=0.5, ge=0, le=1, step=0.01, doc="Of the first one: 1 is all of it.")

    def run(self) -> Latent:
        """A weighted mean."""
        a, b = pair(self.latent, self.other, "bicubic")
        return replace(self.latent, samples=a * self.share + b * (1 - self.share))


class LatentInterpolate(Node, category="latent/maths"):
    """Mix the directions and the strengths of two latents apart, which keeps contrast."""

    latent: Latent
    other: Latent
    share: float = Input(default=0.5, ge=0, le=1, step=0.01, doc="Of the first one: 1 is all of it.")
    crossed: bool = Input(
        default=False,
        doc="Where there are as many latents as channels, take each channel's lengths from another latent, as ComfyUI.",
    )

    def run(self) -> Latent:
        """Mean directions of the channel vectors, at mean lengths."""
        a, b = pair(self.latent, self.other)
        long_a, long_b = self.lengths(a), self.lengths(b)
        direction = (a / long_a).nan_to_num() * self.share + (b / long_b).nan_to_num() * (1 - self.share)
        unit = (direction / self.lengths(direction)).nan_to_num()
        return replace(self.latent, samples=unit * (long_a * self.share + long_b * (1 - self.share)))

    def lengths(self, x: Tensor) -> Tensor:
        """Of the channel vectors of x (B, C, h, w): (B, 1, h, w), or (1, C, h, w) where they cross."""
        found: Tensor = x.norm(dim=1, keepdim=True)
        return found.transpose(0, 1) if self.crossed and len(x) == x.shape[1] else found


class LatentConcat(Node, category="latent/maths"):
    """Put one latent beside or under another."""

    latent: Latent
    other: Latent
    side: Literal["right", "below", "left", "above"] = "right"

    def run(self) -> Latent:
        """Join them; batches are repeated to that of the first."""
        import torch

        first, second = self.latent.samples, self.other.samples
        second = matched(second, second[:1].expand(len(first), *second.shape[1:]))
        order = (first, second) if self.side in ("right", "below") else (second, first)
        try:
            return replace(self.latent, samples=torch.cat(order, -1 if self.side in ("right", "left") else -2))
        except RuntimeError as error:
            sizes = [f"{x.shape[-1]} x {x.shape[-2]}" for x in (first, second)]
            raise ValueError(f"latents of {sizes[0]} and {sizes[1]} cells do not fit {self.side}") from error


class LatentNoise(Node, category="latent/maths"):
    """Add noise to latents."""

    latent: Latent
    seed: Seed = 0
    amount: float = Input(default=1.0, ge=0, le=100, step=0.01, doc="The noise's deviation.")

    def run(self) -> Latent:
        """Add normal noise of the seed."""
        import torch

        samples = self.latent.samples
        noise = torch.randn(samples.shape, generator=torch.Generator().manual_seed(self.seed))
        return replace(self.latent, samples=samples + self.amount * noise)


def pair(latent: Latent, other: Latent, method: str = "bilinear") -> tuple[Tensor, Tensor]:
    """The samples of both, the second in the shape of the first. Raises ValueError if their channels differ."""
    a, b = latent.samples, other.samples
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"latents with {a.shape[1]} and {b.shape[1]} channels belong to different model families")
    return a, matched(b, a, method)
