"""Nodes that choose a sampler, some with settings of their own."""

from __future__ import annotations

from typing import Literal

from calotype.diffusion.names import SamplerName
from calotype.node import Input, Node
from calotype.parts import Sampler
from calotype.types import Scalar
from calotype_nodes.scaling import LatentScaleMethod


class KSamplerSelect(Node, category="sampling"):
    """Choose a sampler by its name, with its usual settings."""

    sampler: SamplerName = "euler"

    def run(self) -> Sampler:
        """Name it."""
        return Sampler(self.sampler)


class SamplerEulerAncestral(Node, category="sampling"):
    """Euler's method with noise, or its CFG++ form."""

    eta: float = Input(default=1.0, ge=0, le=100, step=0.01, doc="How much noise: 0 is none.")
    s_noise: float = Input(default=1.0, ge=0, le=100, step=0.01, doc="The noise is multiplied with this.")
    cfg_pp: bool = Input(default=False, doc="Renoise along the negative conditioning; use a small cfg.")

    def run(self) -> Sampler:
        """Name it."""
        name: SamplerName = "euler_ancestral_cfg_pp" if self.cfg_pp else "euler_ancestral"
        return chosen(name, eta=self.eta, s_noise=self.s_noise)


class SamplerEulerCFGPP(Node, category="sampling"):
    """Euler's method, renoised along the negative conditioning; use a small cfg."""

    alternative: bool = Input(default=False, doc="Move by the difference of both conditionings instead.")

    def run(self) -> Sampler:
        """Name it."""
        return chosen("euler_cfg_pp", alternative=self.alternative)


class SamplerLCMGrowing(Node, category="sampling"):
    """Sampling of latent consistency models, on latents that grow as they become clean."""

    scale: float = Input(default=1.0, ge=0.1, le=20, step=0.01, doc="How many times larger they are in the end.")
    steps: int = Input(default=-1, ge=-1, le=1000, doc="At how many steps they grow; -1 for half of them.")
    method: LatentScaleMethod = "bislerp"

    def run(self) -> Sampler:
        """Name it."""
        return chosen("lcm", scale=self.scale, steps=self.steps, method=self.method)


class SamplerDPMPP2SAncestral(Node, category="sampling"):
    """DPM-Solver++ in single steps of second order, with noise."""

    eta: float = Input(default=1.0, ge=0, le=100, step=0.01, doc="How much noise: 0 is none.")
    s_noise: float = Input(default=1.0, ge=0, le=100, step=0.01, doc="The noise is multiplied with this.")

    def run(self) -> Sampler:
        """Name it."""
        return chosen("dpmpp_2s_ancestral", eta=self.eta, s_noise=self.s_noise)


class SamplerDPMPPSDE(Node, category="sampling"):
    """DPM-Solver++ for the stochastic equation, in single steps."""

    eta: float = Input(default=1.0, ge=0, le=100, step=0.01, doc="How much noise: 0 is none.")
    s_noise: float = Input(default=1.0, ge=0, le=100, step=0.01, doc="The noise is multiplied with this.")
    r: float = Input(default=0.5, ge=0.01, le=100, step=0.01, doc="Where in a step its second evaluation lies.")

    def run(self) -> Sampler:
        """Name it."""
        return chosen("dpmpp_sde", eta=self.eta, s_noise=self.s_noise, r=self.r)


class SamplerDPMPP2MSDE(Node, category="sampling"):
    """DPM-Solver++ for the stochastic equation, from two steps."""

    solver: Literal["midpoint", "heun"] = "midpoint"
    eta: float = Input(default=1.0, ge=0, le=100, step=0.01, doc="How much noise: 0 is none.")
    s_noise: float = Input(default=1.0, ge=0, le=100, step=0.01, doc="The noise is multiplied with this.")

    def run(self) -> Sampler:
        """Name it."""
        return chosen("dpmpp_2m_sde", eta=self.eta, s_noise=self.s_noise, solver_type=self.solver)


class SamplerDPMPP3MSDE(Node, category="sampling"):
    """DPM-Solver++ for the stochastic equation, from three steps."""

    eta: float = Input(default=1.0, ge=0, le=100, step=0.01, doc="How much noise: 0 is none.")
    s_noise: float = Input(default=1.0, ge=0, le=100, step=0.01, doc="The noise is multiplied with this.")

    def run(self) -> Sampler:
        """Name it."""
        return chosen("dpmpp_3m_sde", eta=self.eta, s_noise=self.s_noise)


class SamplerLMS(Node, category="sampling"):
    """The linear multistep method."""

    order: int = Input(default=4, ge=1, le=100, doc="Steps that it looks back on.")

    def run(self) -> Sampler:
        """Name it."""
        return chosen("lms", order=self.order)


class SamplerDPMAdaptive(Node, category="sampling"):
    """DPM-Solver that chooses its own steps between the first and the last level."""

    order: Literal[2, 3] = 3
    rtol: float = Input(default=0.05, ge=0, le=100, step=0.01, doc="Error that is accepted, as a share.")
    atol: float = Input(default=0.0078, ge=0, le=100, step=0.01, doc="Error that is accepted, as a number.")
    h_init: float = Input(default=0.05, ge=0, le=100, step=0.01, doc="The first step, in log sigma.")
    pcoeff: float = Input(default=0.0, ge=0, le=100, step=0.01, doc="Of the controller: proportional part.")
    icoeff: float = Input(default=1.0, ge=0, le=100, step=0.01, doc="Of the controller: integral part.")
    dcoeff: float = Input(default=0.0, ge=0, le=100, step=0.01, doc="Of the controller: derivative part.")
    accept_safety: float = Input(default=0.81, ge=0, le=100, step=0.01, doc="Below which steps are tried again.")
    eta: float = Input(default=0.0, ge=0, le=100, step=0.01, doc="How much noise: 0 is none.")
    s_noise: float = Input(default=1.0, ge=0, le=100, step=0.01, doc="The noise is multiplied with this.")

    def run(self) -> Sampler:
        """Name it."""
        names = ("order", "rtol", "atol", "h_init", "pcoeff", "icoeff", "dcoeff", "accept_safety", "eta", "s_noise")
        return chosen("dpm_adaptive", **{name: getattr(self, name) for name in names})


class SamplerERSDE(Node, category="sampling"):
    """Extended reverse-time SDE solver."""

    solver: Literal["er", "reverse", "ode"] = Input(default="er", doc="reverse: plain reverse time; ode: no noise.")
    max_stage: int = Input(default=3, ge=1, le=3, doc="Its order.")
    eta: float = Input(default=1.0, ge=0, le=100, step=0.01, doc="How much noise the reverse solver adds: 0 is none.")
    s_noise: float = Input(default=1.0, ge=0, le=100, step=0.01, doc="The noise is multiplied with this.")

    def run(self) -> Sampler:
        """Name it."""
        return chosen("er_sde", solver=self.solver, max_stage=self.max_stage, eta=self.eta, s_noise=self.s_noise)


class SamplerSASolver(Node, category="sampling"):
    """Stochastic Adams solver, with noise in a part of the schedule."""

    eta: float = Input(default=1.0, ge=0, le=10, step=0.01, doc="How much noise: 0 is none.")
    start: float = Input(default=0.2, ge=0, le=1, step=0.001, doc="Share of the schedule at which noise begins.")
    end: float = Input(default=0.8, ge=0, le=1, step=0.001, doc="Share of the schedule at which noise ends.")
    s_noise: float = Input(default=1.0, ge=0, le=100, step=0.01, doc="The noise is multiplied with this.")
    predictor_order: int = Input(default=3, ge=1, le=6)
    corrector_order: int = Input(default=4, ge=0, le=6, doc="0 for no corrector.")
    evaluates_corrected: bool = Input(default=False, doc="Ask the model again after each correction.")
    simple_order_2: bool = Input(default=False, doc="Take the simpler coefficients of second order.")

    def run(self) -> Sampler:
        """Name it."""
        names = ("eta", "start", "end", "s_noise", "predictor_order", "corrector_order", "evaluates_corrected")
        settings = {name: getattr(self, name) for name in (*names, "simple_order_2")}
        return chosen("sa_solver", **settings)


class SamplerSEEDS2(Node, category="sampling"):
    """Stochastic exponential solver with two evaluations a step."""

    eta: float = Input(default=1.0, ge=0, le=100, step=0.01, doc="How much noise: 0 is none.")
    s_noise: float = Input(default=1.0, ge=0, le=100, step=0.01, doc="The noise is multiplied with this.")
    r: float = Input(default=0.5, ge=0.01, le=1, step=0.01, doc="Where in a step its second evaluation lies.")

    def run(self) -> Sampler:
        """Name it."""
        return chosen("seeds_2", eta=self.eta, s_noise=self.s_noise, r=self.r)


def chosen(name: SamplerName, **settings: Scalar) -> Sampler:
    """A sampler with settings."""
    return Sampler(name, tuple(sorted(settings.items())))
