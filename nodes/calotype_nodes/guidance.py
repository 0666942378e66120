"""Nodes that change how a model is guided. They add to the recipe; samplers do the arithmetic."""

from __future__ import annotations

from typing import TypeVar

from calotype.node import Input, Node
from calotype.types import Model, Patch, Recipe, Scalar

R = TypeVar("R", bound=Recipe)


class RescaleCFG(Node, category="guidance"):
    """Keep the contrast of the positive estimate under strong guidance."""

    model: Model
    share: float = Input(default=0.7, ge=0, le=1, step=0.01, doc="Of the rescaled estimate in the result.")

    def run(self) -> Model:
        """Add the patch."""
        return patched(self.model, "rescale_cfg", share=self.share)


class RenormCFG(Node, category="guidance"):
    """Keep the norm of the guided estimate within that of the positive one, and guide at low levels only."""

    model: Model
    until: float = Input(default=100.0, ge=0, le=100, step=0.01, doc="The noise level from which on it is guided.")
    limit: float = Input(default=1.0, ge=0, le=100, step=0.01, doc="Times the positive norm; 0 for no limit.")

    def run(self) -> Model:
        """Add the patch."""
        return patched(self.model, "renorm_cfg", until=self.until, limit=self.limit)


class ProjectedGuidance(Node, category="guidance"):
    """Guide by what does not just strengthen the positive estimate (APG): high scales without burnt colours."""

    model: Model
    eta: float = Input(default=1.0, ge=-10, le=10, step=0.01, doc="How much the parallel part counts.")
    limit: float = Input(default=5.0, ge=0, le=50, step=0.1, doc="The most that the direction may be long; 0 for any.")
    momentum: float = Input(default=0.0, ge=-5, le=1, step=0.01, doc="How much of the last direction stays.")

    def run(self) -> Model:
        """Add the patch."""
        return patched(self.model, "projected_guidance", eta=self.eta, limit=self.limit, momentum=self.momentum)


class TangentialDampingCFG(Node, category="guidance"):
    """Take from the negative estimate what leads away from the positive one's direction (TCFG)."""

    model: Model

    def run(self) -> Model:
        """Add the patch."""
        return patched(self.model, "tangential_damping")


class CFGZeroStar(Node, category="guidance"):
    """Scale the negative estimate to the positive one, for flow models (CFG-Zero*)."""

    model: Model

    def run(self) -> Model:
        """Add the patch."""
        return patched(self.model, "cfg_zero_star")


class CFGNorm(Node, category="guidance"):
    """Keep the guided estimate, cell by cell, no longer than the positive one."""

    model: Model
    strength: float = Input(default=1.0, ge=0, le=100, step=0.01)

    def run(self) -> Model:
        """Add the patch."""
        return patched(self.model, "cfg_norm", strength=self.strength)


class PositiveGuidance(Node, category="guidance"):
    """Lead the guided estimate towards the positive one, more where the negative side agrees less (Mahiro)."""

    model: Model

    def run(self) -> Model:
        """Add the patch."""
        return patched(self.model, "positive_guidance")


class PerturbedAttentionGuidance(Node, category="guidance"):
    """Guide away from what the model would make without self-attention in its middle (PAG); U-Nets."""

    model: Model
    scale: float = Input(default=3.0, ge=0, le=100, step=0.01)

    def run(self) -> Model:
        """Add the patch."""
        return patched(self.model, "perturbed_attention", scale=self.scale)


class SelfAttentionGuidance(Node, category="guidance"):
    """Guide away from what the model would make of a picture blurred where it looks most (SAG); U-Nets."""

    model: Model
    scale: float = Input(default=0.5, ge=-2, le=5, step=0.01)
    blur: float = Input(default=2.0, ge=0.01, le=10, step=0.1, doc="Of the blur, in latent cells.")

    def run(self) -> Model:
        """Add the patch."""
        return patched(self.model, "self_attention", scale=self.scale, blur=self.blur)


class SkipLayerGuidance(Node, category="guidance"):
    """Guide away from what the model would make without some of its blocks (SLG); transformers."""

    model: Model
    double: str = Input(default="7, 8, 9", doc="Numbers of the blocks of two streams, or of the only kind.")
    single: str = Input(default="7, 8, 9", doc="Numbers of the blocks of one stream, where there are any.")
    scale: float = Input(default=3.0, ge=0, le=10, step=0.1)
    start: float = Input(default=0.01, ge=0, le=1, step=0.001, doc="Share of the schedule at which it begins.")
    end: float = Input(default=0.15, ge=0, le=1, step=0.001, doc="Share of the schedule at which it ends.")
    rescaling: float = Input(default=0.0, ge=0, le=10, step=0.01, doc="How much of the contrast is kept.")

    def run(self) -> Model:
        """Add the patch."""
        names = ("double", "single", "scale", "start", "end", "rescaling")
        return patched(self.model, "skip_layers", **{name: getattr(self, name) for name in names})


class SkipLayersNegative(Node, category="guidance"):
    """Leave some blocks out for the negative side alone; transformers."""

    model: Model
    double: str = Input(default="7, 8, 9", doc="Numbers of the blocks of two streams, or of the only kind.")
    single: str = Input(default="7, 8, 9", doc="Numbers of the blocks of one stream, where there are any.")
    start: float = Input(default=0.0, ge=0, le=1, step=0.001, doc="Share of the schedule at which it begins.")
    end: float = Input(default=1.0, ge=0, le=1, step=0.001, doc="Share of the schedule at which it ends.")

    def run(self) -> Model:
        """Add the patch."""
        names = ("double", "single", "start", "end")
        return patched(self.model, "skip_layers", **{name: getattr(self, name) for name in names})


class NoiseScaling(Node, category="guidance"):
    """Divide the predicted noise by a factor, which makes up for errors that grow along the way (epsilon scaling)."""

    model: Model
    factor: float = Input(default=1.005, ge=0.5, le=1.5, step=0.001, doc="Above 1 for less noise.")

    def run(self) -> Model:
        """Add the patch."""
        return patched(self.model, "noise_scaling", factor=self.factor)


class FrequencyScaling(Node, category="guidance"):
    """Strengthen coarse and fine structure of the guidance apart (FreSca)."""

    model: Model
    low: float = Input(default=1.0, ge=0, le=10, step=0.01, doc="Coarse structure is multiplied with this.")
    high: float = Input(default=1.25, ge=0, le=10, step=0.01, doc="Fine structure is multiplied with this.")
    cutoff: int = Input(default=20, ge=1, le=10_000, doc="Frequencies that count as coarse, along each side.")

    def run(self) -> Model:
        """Add the patch."""
        return patched(self.model, "frequency_scaling", low=self.low, high=self.high, cutoff=self.cutoff)


class BatchLinearCFG(Node, category="guidance"):
    """Guide the images of a batch, or frames, ever more: from a least scale to the sampler's."""

    model: Model
    least: float = Input(default=1.0, ge=0, le=100, step=0.5, doc="Of the first image.")

    def run(self) -> Model:
        """Add the patch."""
        return patched(self.model, "cfg_along_batch", least=self.least, there_and_back=False)


class BatchTriangleCFG(Node, category="guidance"):
    """Guide the images of a batch, or frames, most in the middle: from a least scale to the sampler's and back."""

    model: Model
    least: float = Input(default=1.0, ge=0, le=100, step=0.5, doc="Of the first and the last image.")

    def run(self) -> Model:
        """Add the patch."""
        return patched(self.model, "cfg_along_batch", least=self.least, there_and_back=True)


def patched(recipe: R, kind: str, **settings: Scalar) -> R:
    """The recipe with one more patch."""
    return recipe.patched(Patch(kind, settings=tuple(sorted(settings.items()))))
