"""Nodes that change what a model's layers do, at which noise levels it works, or where it denoises."""

from __future__ import annotations

from typing import Literal

from calotype.node import Input, Node
from calotype.types import Model
from calotype_nodes.guidance import patched
from calotype_nodes.scaling import LatentScaleMethod


class FreeU(Node, category="model"):
    """Strengthen the backbone of a U-Net and weaken its skip connections: clearer pictures for free."""

    model: Model
    b1: float = Input(default=1.1, ge=0, le=10, step=0.01, doc="Backbone, lowest level.")
    b2: float = Input(default=1.2, ge=0, le=10, step=0.01, doc="Backbone, the level above.")
    s1: float = Input(default=0.9, ge=0, le=10, step=0.01, doc="Low frequencies of skip connections, lowest level.")
    s2: float = Input(default=0.2, ge=0, le=10, step=0.01, doc="The same, the level above.")

    def run(self) -> Model:
        """Add the patch."""
        return patched(self.model, "freeu", b1=self.b1, b2=self.b2, s1=self.s1, s2=self.s2, by_structure=False)


class FreeUV2(Node, category="model"):
    """FreeU that strengthens the backbone where there is structure only."""

    model: Model
    b1: float = Input(default=1.3, ge=0, le=10, step=0.01, doc="Backbone, lowest level.")
    b2: float = Input(default=1.4, ge=0, le=10, step=0.01, doc="Backbone, the level above.")
    s1: float = Input(default=0.9, ge=0, le=10, step=0.01, doc="Low frequencies of skip connections, lowest level.")
    s2: float = Input(default=0.2, ge=0, le=10, step=0.01, doc="The same, the level above.")

    def run(self) -> Model:
        """Add the patch."""
        return patched(self.model, "freeu", b1=self.b1, b2=self.b2, s1=self.s1, s2=self.s2, by_structure=True)


class DifferentialDiffusion(Node, category="model"):
    """Let a noise mask say when each place is denoised: grey ones later than white ones."""

    model: Model
    strength: float = Input(default=1.0, ge=0, le=1, step=0.01, doc="Against the mask as it is.")

    def run(self) -> Model:
        """Add the patch."""
        return patched(self.model, "differential", strength=self.strength)


class HyperTile(Node, category="model"):
    """Let a U-Net look at large pictures in tiles, which is faster."""

    model: Model
    size: int = Input(default=256, ge=1, le=2048, doc="Least side of a tile, in pixels.")
    choices: int = Input(default=2, ge=1, le=128, doc="Of how many sizes one is drawn, so that edges do not show.")
    depth: int = Input(default=0, ge=0, le=10, doc="Down to which level of the network there are tiles.")
    larger: bool = Input(default=False, doc="Tiles of as many cells on deeper levels, which cover more.")

    def run(self) -> Model:
        """Add the patch."""
        names = ("size", "choices", "depth", "larger")
        return patched(self.model, "hyper_tile", **{name: getattr(self, name) for name in names})


class TokenMerging(Node, category="model"):
    """Let a U-Net look for fewer places, of which those that are alike are merged, which is faster (ToMe)."""

    model: Model
    ratio: float = Input(default=0.3, ge=0, le=1, step=0.01, doc="Share of the places that are merged.")

    def run(self) -> Model:
        """Add the patch."""
        return patched(self.model, "merged_tokens", ratio=self.ratio)


class DeepShrink(Node, category="model"):
    """Begin with smaller inner layers of a U-Net, so that pictures larger than it learnt keep one subject."""

    model: Model
    block: int = Input(default=3, ge=1, le=32, doc="Behind which block, counted from 0 in the original code's order.")
    factor: float = Input(default=2.0, ge=0.1, le=9, step=0.001, doc="How much smaller.")
    start: float = Input(default=0.0, ge=0, le=1, step=0.001, doc="Share of the schedule at which it begins.")
    end: float = Input(default=0.35, ge=0, le=1, step=0.001, doc="Share of the schedule at which it ends.")
    after_skip: bool = Input(default=True, doc="Keep the size of the block's skip connection.")
    down: LatentScaleMethod = Input(default="bicubic", doc="How it is made smaller.")
    up: LatentScaleMethod = Input(default="bicubic", doc="How it is made larger again.")

    def run(self) -> Model:
        """Add the patch."""
        names = ("block", "factor", "start", "end", "after_skip", "down", "up")
        return patched(self.model, "deep_shrink", **{name: getattr(self, name) for name in names})


class ModelSamplingShift(Node, category="model"):
    """Shift the noise levels of a flow model towards noise (SD 3, AuraFlow, Wan, Qwen-Image, Z-Image)."""

    model: Model
    shift: float = Input(default=3.0, ge=0.01, le=100, step=0.01, doc="1 is none; larger pictures need more.")

    def run(self) -> Model:
        """Add the patch."""
        return patched(self.model, "sampling", levels="shift", shift=self.shift)


class ModelSamplingFlux(Node, category="model"):
    """Shift the noise levels of FLUX.1 by the size of the picture."""

    model: Model
    max_shift: float = Input(default=1.15, ge=0, le=100, step=0.01, doc="At 1024 x 1024.")
    base_shift: float = Input(default=0.5, ge=0, le=100, step=0.01, doc="At 256 x 256.")
    width: int = Input(default=1024, ge=16, le=16384, step=8, doc="Of the picture, in pixels.")
    height: int = Input(default=1024, ge=16, le=16384, step=8, doc="Of the picture, in pixels.")

    def run(self) -> Model:
        """Add the patch."""
        names = ("max_shift", "base_shift", "width", "height")
        return patched(self.model, "sampling", levels="flux", **{name: getattr(self, name) for name in names})


class ModelSamplingContinuous(Node, category="model"):
    """Say that a model works at continuous noise levels (EDM, CosXL)."""

    model: Model
    prediction: Literal["v", "edm", "eps"] = Input(default="v", doc="What it predicts.")
    time: Literal["log", "angle"] = Input(default="log", doc="How a level is told: its logarithm, or its angle.")
    sigma_max: float = Input(default=120.0, ge=0.001, le=1000, step=0.001)
    sigma_min: float = Input(default=0.002, ge=0.001, le=1000, step=0.001)

    def run(self) -> Model:
        """Add the patch."""
        levels = "edm" if self.time == "log" else "angle"
        ends = {"sigma_max": self.sigma_max, "sigma_min": self.sigma_min}
        return patched(self.model, "sampling", levels=levels, predicts=self.prediction, **ends)


class ModelSamplingLCM(Node, category="model"):
    """Say that a model is a latent consistency model."""

    model: Model
    zero_snr: bool = Input(default=False, doc="Whether its last noise level is pure noise.")

    def run(self) -> Model:
        """Add the patch."""
        return patched(self.model, "sampling", levels="lcm", zero_snr=self.zero_snr)


class EasyCache(Node, category="model"):
    """Leave out evaluations of a model where little changes from step to step: faster, and not the same."""

    model: Model
    threshold: float = Input(default=0.2, ge=0, le=3, step=0.01, doc="Of change since the last one that was made.")
    start: float = Input(default=0.15, ge=0, le=1, step=0.01, doc="From which share of the schedule on.")
    end: float = Input(default=0.95, ge=0, le=1, step=0.01, doc="Up to which share of the schedule.")

    def run(self) -> Model:
        """Add the patch."""
        return patched(self.model, "easy_cache", threshold=self.threshold, start=self.start, end=self.end)


class LazyCache(Node, category="model"):
    """Leave out evaluations with their whole guidance: as EasyCache, but coarser, and with whatever guides."""

    model: Model
    threshold: float = Input(default=0.2, ge=0, le=3, step=0.01, doc="Of change since the last one that was made.")
    start: float = Input(default=0.15, ge=0, le=1, step=0.01, doc="From which share of the schedule on.")
    end: float = Input(default=0.95, ge=0, le=1, step=0.01, doc="Up to which share of the schedule.")

    def run(self) -> Model:
        """Add the patch."""
        return patched(self.model, "lazy_cache", threshold=self.threshold, start=self.start, end=self.end)
