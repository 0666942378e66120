"""Nodes that take noise levels apart and change them."""

from __future__ import annotations

from typing import Literal, NamedTuple

from calotype.node import Context, Input, Node
from calotype.parts import Sigmas
from calotype.types import Model


class Halves(NamedTuple):
    """The levels of two samplers, one after the other."""

    high: Sigmas
    low: Sigmas


class Level(NamedTuple):
    """One noise level."""

    sigma: float


class SplitSigmas(Node, category="sigmas"):
    """Split noise levels at a step, for two samplers one after the other."""

    sigmas: Sigmas
    step: int = Input(default=0, ge=0, le=10_000)

    def run(self) -> Halves:
        """The level of the step is in both."""
        from calotype.diffusion.sampling.published import split

        high, low = split(self.sigmas.levels, self.step)
        return Halves(Sigmas(high), Sigmas(low))


class SplitSigmasDenoise(Node, category="sigmas"):
    """Split the last share of the steps off noise levels."""

    sigmas: Sigmas
    denoise: float = Input(default=1.0, ge=0, le=1, step=0.01, doc="Share of the steps that is in `low`.")

    def run(self) -> Halves:
        """The level between is in both; without a step in the low part the high one is empty, as in ComfyUI."""
        from calotype.diffusion.sampling.published import split_share

        high, low = split_share(self.sigmas.levels, self.denoise)
        return Halves(Sigmas(high), Sigmas(low))


class FlipSigmas(Node, category="sigmas"):
    """Turn noise levels round, for adding noise step by step."""

    sigmas: Sigmas

    def run(self) -> Sigmas:
        """Rising; a first level of 0 becomes 0.0001."""
        from calotype.diffusion.sampling.published import flipped

        return Sigmas(flipped(self.sigmas.levels))


class SetFirstSigma(Node, category="sigmas"):
    """Put another level in place of the first."""

    sigmas: Sigmas
    sigma: float = Input(default=136.0, ge=0, le=20_000, step=0.001)

    def run(self) -> Sigmas:
        """Replace it."""
        levels = self.sigmas.levels.clone()
        levels[:1] = self.sigma
        return Sigmas(levels)


class ExtendIntermediateSigmas(Node, category="sigmas"):
    """Make several steps out of each one, in a range of levels."""

    sigmas: Sigmas
    steps: int = Input(default=2, ge=1, le=100, doc="That each step becomes.")
    start: float = Input(default=-1.0, ge=-1, le=20_000, step=0.01, doc="The highest level; below 0 for no bound.")
    end: float = Input(default=12.0, ge=0, le=20_000, step=0.01, doc="The lowest level.")
    spacing: Literal["linear", "cosine", "sine"] = "linear"

    def run(self) -> Sigmas:
        """Put levels between."""
        from calotype.diffusion.sampling.published import extended

        return Sigmas(extended(self.sigmas.levels, self.steps, self.start, self.end, self.spacing))


class SamplingPercentToSigma(Node, category="sigmas"):
    """Tell the noise level at a share of a model's schedule."""

    model: Model
    share: float = Input(default=0.0, ge=0, le=1, step=0.0001, doc="0 is noise, 1 is clean.")
    actual: bool = Input(default=False, doc="At 0 and 1, the levels that it was trained at, not bounds for all.")

    def run(self, ctx: Context) -> Level:
        """Ask the model."""
        with ctx.load(self.model) as denoiser:
            sampling = denoiser.sampling
        if self.actual and self.share in (0, 1):
            return Level(sampling.sigma_min if self.share else sampling.sigma_max)
        return Level(sampling.percent_to_sigma(self.share))
