"""Nodes that make noise levels for samplers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from calotype.diffusion.names import ScheduleName
from calotype.node import Context, Input, Node
from calotype.parts import Sigmas
from calotype.types import Latent, Model

if TYPE_CHECKING:
    from torch import Tensor

MAX, MIN = 14.614642, 0.0291675  # the levels between which SD 1.x and SDXL were trained


class BasicScheduler(Node, category="sigmas"):
    """Make the noise levels of a schedule for a model."""

    model: Model
    scheduler: ScheduleName = "normal"
    steps: int = Input(default=20, ge=1, le=10_000)
    denoise: float = Input(default=1.0, ge=0, le=1, step=0.01, doc="Share of the schedule that is run: 1 is all.")

    def run(self, ctx: Context) -> Sigmas:
        """Between the levels that the model was trained at."""
        from calotype.diffusion.sampling import sigmas_for

        with ctx.load(self.model) as denoiser:
            levels = sigmas_for(denoiser.sampling, self.scheduler, self.steps, self.denoise)
        return Sigmas(levels[-(self.steps + 1) :])


class BetaSamplingScheduler(Node, category="sigmas"):
    """Make noise levels at quantiles of a beta distribution."""

    model: Model
    steps: int = Input(default=20, ge=1, le=10_000)
    alpha: float = Input(default=0.6, ge=0.01, le=50, step=0.01, doc="Small: dense at high levels.")
    beta: float = Input(default=0.6, ge=0.01, le=50, step=0.01, doc="Small: dense at low levels.")

    def run(self, ctx: Context) -> Sigmas:
        """Between the levels that the model was trained at."""
        from calotype.diffusion.sampling.schedules import beta

        with ctx.load(self.model) as denoiser:
            return Sigmas(beta(denoiser.sampling, self.steps, self.alpha, self.beta))


class SDTurboScheduler(Node, category="sigmas"):
    """Make the noise levels that SD Turbo and SDXL Turbo were distilled at."""

    model: Model
    steps: int = Input(default=1, ge=1, le=10)
    denoise: float = Input(default=1.0, ge=0, le=1, step=0.01, doc="Below 1, begin that much lower.")

    def run(self, ctx: Context) -> Sigmas:
        """Some of ten levels."""
        from calotype.diffusion.sampling.published import turbo

        with ctx.load(self.model) as denoiser:
            return Sigmas(turbo(denoiser.sampling, self.steps, self.denoise))


class KarrasScheduler(Node, category="sigmas"):
    """Make noise levels even in the rho-th root of sigma: many low ones."""

    steps: int = Input(default=20, ge=1, le=10_000)
    sigma_max: float = Input(default=MAX, ge=0, le=5000, step=0.01)
    sigma_min: float = Input(default=MIN, ge=0, le=5000, step=0.01)
    rho: float = Input(default=7.0, ge=0.01, le=100, step=0.01)

    def run(self) -> Sigmas:
        """From the highest to the lowest, then 0."""
        from calotype.diffusion.sampling.schedules import karras_levels

        return Sigmas(karras_levels(self.steps, self.sigma_min, self.sigma_max, self.rho))


class ExponentialScheduler(Node, category="sigmas"):
    """Make noise levels even in log sigma."""

    steps: int = Input(default=20, ge=1, le=10_000)
    sigma_max: float = Input(default=MAX, ge=0.0001, le=5000, step=0.01)
    sigma_min: float = Input(default=MIN, ge=0.0001, le=5000, step=0.01)

    def run(self) -> Sigmas:
        """From the highest to the lowest, then 0."""
        from calotype.diffusion.sampling.schedules import exponential_levels

        return Sigmas(exponential_levels(self.steps, self.sigma_min, self.sigma_max))


class PolyexponentialScheduler(Node, category="sigmas"):
    """Make noise levels that follow a polynomial in log sigma."""

    steps: int = Input(default=20, ge=1, le=10_000)
    sigma_max: float = Input(default=MAX, ge=0.0001, le=5000, step=0.01)
    sigma_min: float = Input(default=MIN, ge=0.0001, le=5000, step=0.01)
    rho: float = Input(default=1.0, ge=0, le=100, step=0.01, doc="1 is even in log sigma.")

    def run(self) -> Sigmas:
        """From the highest to the lowest, then 0."""
        from calotype.diffusion.sampling.schedules import exponential_levels

        return Sigmas(exponential_levels(self.steps, self.sigma_min, self.sigma_max, self.rho))


class LaplaceScheduler(Node, category="sigmas"):
    """Make noise levels at quantiles of a Laplace distribution of log sigma."""

    steps: int = Input(default=20, ge=1, le=10_000)
    sigma_max: float = Input(default=MAX, ge=0, le=5000, step=0.01)
    sigma_min: float = Input(default=MIN, ge=0, le=5000, step=0.01)
    mu: float = Input(default=0.0, ge=-10, le=10, step=0.1, doc="Where they are dense, in log sigma.")
    beta: float = Input(default=0.5, ge=0, le=10, step=0.1, doc="How wide they lie.")

    def run(self) -> Sigmas:
        """From the highest to the lowest; without a last 0."""
        from calotype.diffusion.sampling.schedules import laplace_levels

        return Sigmas(laplace_levels(self.steps, self.sigma_min, self.sigma_max, self.mu, self.beta))


class VPScheduler(Node, category="sigmas"):
    """Make the noise levels of the continuous variance-preserving process."""

    steps: int = Input(default=20, ge=1, le=10_000)
    beta_d: float = Input(default=19.9, ge=0, le=5000, step=0.01, doc="How much the noise rate grows.")
    beta_min: float = Input(default=0.1, ge=0, le=5000, step=0.01, doc="The noise rate at the beginning.")
    eps_s: float = Input(default=0.001, ge=0, le=1, step=0.0001, doc="The lowest time.")

    def run(self) -> Sigmas:
        """From time 1 to the lowest, then 0."""
        from calotype.diffusion.sampling.schedules import vp_levels

        return Sigmas(vp_levels(self.steps, self.beta_d, self.beta_min, self.eps_s))


class AlignYourStepsScheduler(Node, category="sigmas"):
    """Make noise levels that were found for about ten steps of one kind of model."""

    model_type: Literal["SD1", "SDXL", "SVD"] = "SD1"
    steps: int = Input(default=10, ge=1, le=10_000)
    denoise: float = Input(default=1.0, ge=0, le=1, step=0.01, doc="Share of the steps that is run.")

    def run(self) -> Sigmas:
        """Log-linear between the published ones, then 0."""
        from calotype.diffusion.sampling.published import ALIGN_YOUR_STEPS, interpolated

        return Sigmas(interpolated(ALIGN_YOUR_STEPS[self.model_type], self.steps, self.denoise))


class OptimalStepsScheduler(Node, category="sigmas"):
    """Make noise levels that were found for one kind of flow model."""

    model_type: Literal["FLUX", "Wan", "Chroma"] = "FLUX"
    steps: int = Input(default=20, ge=3, le=1000)
    denoise: float = Input(default=1.0, ge=0, le=1, step=0.01, doc="Share of the steps that is run.")

    def run(self) -> Sigmas:
        """Log-linear between the published ones, then 0."""
        from calotype.diffusion.sampling.published import OPTIMAL_STEPS, interpolated

        return Sigmas(interpolated(OPTIMAL_STEPS[self.model_type], self.steps, self.denoise))


class Flux2Scheduler(Node, category="sigmas"):
    """Make the noise levels of FLUX.2 for a size of picture and a number of steps."""

    steps: int = Input(default=20, ge=1, le=4096)
    width: int = Input(default=1024, ge=16, le=16384, doc="Of the picture, in pixels.")
    height: int = Input(default=1024, ge=16, le=16384, doc="Of the picture, in pixels.")

    def run(self) -> Sigmas:
        """Even times, shifted towards noise."""
        from calotype.diffusion.sampling.published import flux2

        return Sigmas(flux2(self.steps, self.width, self.height))


class LTXVScheduler(Node, category="sigmas"):
    """Make noise levels for LTX-Video: even times, shifted towards noise by the number of cells."""

    latent: Latent | None = Input(default=None, doc="Whose cells are counted; 4096 without one.")
    steps: int = Input(default=20, ge=1, le=10_000)
    max_shift: float = Input(default=2.05, ge=0, le=100, step=0.01, doc="At 4096 cells.")
    base_shift: float = Input(default=0.95, ge=0, le=100, step=0.01, doc="At 1024 cells.")
    stretch: bool = Input(default=True, doc="Stretch them so that the last step begins at `terminal`.")
    terminal: float = Input(default=0.1, ge=0, le=0.99, step=0.01)

    def run(self) -> Sigmas:
        """Shift even times."""
        from calotype.diffusion.sampling.published import ltxv

        cells = 4096 if self.latent is None else self.latent.samples.shape[2:].numel()
        shifts = self.base_shift, self.max_shift
        return Sigmas(ltxv(self.steps, cells, shifts, self.terminal if self.stretch else None))


class ManualSigmas(Node, category="sigmas"):
    """Take noise levels from a text."""

    text: str = Input(default="1, 0.5, 0", doc="Numbers, in order, with anything else between them.")

    def run(self) -> Sigmas:
        """Read the numbers."""
        return Sigmas(numbers_in(self.text))


def numbers_in(text: str) -> Tensor:
    """The numbers in a text, (N,) float32. Raises ValueError where there are none."""
    import re

    import torch

    found = [float(n) for n in re.findall(r"[-+]?(?:\d*\.*\d+)", text)]
    if not found:
        raise ValueError(f"there is no number in {text!r}; write levels such as 14.6, 5, 1, 0")
    return torch.tensor(found)
