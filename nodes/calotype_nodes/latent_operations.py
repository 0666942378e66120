"""Nodes that name a change to latents, put latents or the guidance of a model through one, and cut latents."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from calotype.node import Input, Node
from calotype.parts import LatentOperation
from calotype.types import Latent, Model
from calotype_nodes.guidance import patched

VIDEO = 5  # dimensions of latents with frames


class LatentOperationToneMap(Node, category="latent/operation"):
    """Compress the strongest cells, as a tone curve does with light (Reinhard)."""

    multiplier: float = Input(default=1.0, ge=0, le=100, step=0.01, doc="Of where the curve has its top.")

    def run(self) -> LatentOperation:
        """Name it."""
        return LatentOperation("tone_map", (("multiplier", self.multiplier),))


class LatentOperationSharpen(Node, category="latent/operation"):
    """Sharpen what the channels say, not how strongly they say it."""

    radius: int = Input(default=9, ge=1, le=31, doc="In cells of the latent.")
    sigma: float = Input(default=1.0, ge=0.1, le=10, step=0.1, doc="The blur's deviation, in radii.")
    amount: float = Input(default=0.1, ge=0, le=5, step=0.01, doc="1 adds ten times what a blur takes away.")

    def run(self) -> LatentOperation:
        """Name it."""
        settings = {"radius": float(self.radius), "sigma": self.sigma, "amount": self.amount}
        return LatentOperation("sharpen", tuple(sorted(settings.items())))


class LatentApply(Node, category="latent/operation"):
    """Change latents by an operation."""

    latent: Latent
    operation: LatentOperation

    def run(self) -> Latent:
        """Change them."""
        from calotype.diffusion.changes.operations import operation_of

        change = operation_of(self.operation.name, dict(self.operation.settings))
        return replace(self.latent, samples=change(self.latent.samples))


class GuidanceApply(Node, category="guidance"):
    """Change the guidance of a model by an operation on latents, at every step."""

    model: Model
    operation: LatentOperation

    def run(self) -> Model:
        """Add the patch."""
        return patched(self.model, "latent_operation", operation=self.operation.name, **dict(self.operation.settings))


class LatentCut(Node, category="latent/operation"):
    """Cut a strip out of latents, or some frames."""

    latent: Latent
    side: Literal["width", "height", "frames"] = Input(default="width", doc="Along which it is counted.")
    index: int = Input(default=0, ge=-16384, le=16384, doc="The first cell or frame; below 0 from the end.")
    count: int = Input(default=1, ge=1, le=16384, doc="How many.")

    def run(self) -> Latent:
        """Cut it; what leaves the latent ends with it."""
        samples = self.latent.samples
        if self.side == "frames" and samples.ndim < VIDEO:
            raise ValueError("this latent is of pictures, which have no frames")
        at = samples.ndim - 1 - ("width", "height", "frames").index(self.side)
        length = samples.shape[at]
        first = min(self.index, length - 1) if self.index >= 0 else max(self.index, -length) + length
        return replace(self.latent, samples=samples.narrow(at, first, min(self.count, length - first)).clone())
