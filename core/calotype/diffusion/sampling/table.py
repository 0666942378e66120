"""Which function each sampler name means, and what noise it draws."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, Protocol

import torch
from torch import Tensor

from calotype.diffusion.names import SamplerName
from calotype.diffusion.sampling.cfg_pp import (
    dpmpp_2m_cfg_pp,
    dpmpp_2s_ancestral_cfg_pp,
    euler_ancestral_cfg_pp,
    euler_cfg_pp,
    gradient_estimation_cfg_pp,
)
from calotype.diffusion.sampling.dpm_solver import dpm_adaptive, dpm_fast
from calotype.diffusion.sampling.dpmpp import dpmpp_2m, dpmpp_2s_ancestral, dpmpp_2s_ancestral_flow
from calotype.diffusion.sampling.dpmpp_sde import dpmpp_2m_sde, dpmpp_3m_sde, dpmpp_sde
from calotype.diffusion.sampling.er_sde import er_sde
from calotype.diffusion.sampling.euler import (
    ddpm,
    euler,
    euler_ancestral,
    euler_ancestral_flow,
    gradient_estimation,
    lcm,
    lcm_flow,
    lcm_growing,
)
from calotype.diffusion.sampling.heun import dpm_2, dpm_2_ancestral, dpm_2_ancestral_flow, heun, heunpp2
from calotype.diffusion.sampling.multistep import deis, ipndm, ipndm_v, lms
from calotype.diffusion.sampling.parameterization import ModelSampling
from calotype.diffusion.sampling.res import (
    res_multistep,
    res_multistep_ancestral,
    res_multistep_ancestral_cfg_pp,
    res_multistep_cfg_pp,
)
from calotype.diffusion.sampling.sa_solver import sa_solver, sa_solver_pece
from calotype.diffusion.sampling.seeds import seeds_2, seeds_3
from calotype.diffusion.sampling.terms import Noise, OnStep
from calotype.diffusion.sampling.unipc import uni_pc, uni_pc_bh2


class Denoiser(Protocol):
    """The guided denoiser as samplers see it."""

    @property
    def sampling(self) -> ModelSampling:
        """What its noise levels mean."""

    def __call__(self, x: Tensor, sigma: float) -> Tensor:
        """The guided estimate of the clean latent."""

    def both(self, x: Tensor, sigma: float) -> tuple[Tensor, Tensor]:
        """The guided estimate, and the negative prompt's alone."""


class Noises(Protocol):
    """The kinds of noise that a run has."""

    def rest(self) -> torch.Generator:
        """The generator of the first noise, behind it."""

    def white(self) -> Noise:
        """Independent for every step."""

    def brownian(self, sigmas: Tensor) -> Noise:
        """Along one Brownian path over the levels."""


class Sampler(Protocol):
    """A named sampler: (denoiser, x at the first level, levels, noise, on_step) -> x at the last level."""

    def __call__(
        self, denoise: Denoiser, x: Tensor, sigmas: Tensor, draws: Noises, on_step: OnStep, **options: Any
    ) -> Tensor:
        """Run it. options: of the function that it stands for."""


Function = Callable[..., Tensor]


def plain(f: Function) -> Sampler:
    """A sampler that draws nothing."""
    return lambda denoise, x, sigmas, draws, on_step, **options: f(denoise, x, sigmas, on_step, **options)


def noisy(f: Function) -> Sampler:
    """A sampler that draws independent noise."""
    return lambda denoise, x, sigmas, draws, on_step, **options: f(
        denoise, x, sigmas, draws.white(), on_step, **options
    )


def brownian(f: Function) -> Sampler:
    """A sampler that draws along one Brownian path."""
    return lambda denoise, x, sigmas, draws, on_step, **options: f(
        denoise, x, sigmas, draws.brownian(sigmas), on_step, **options
    )


def guided(kind: Callable[[Function], Sampler], f: Function) -> Sampler:
    """A CFG++ sampler: it sees the negative estimate as well."""
    return kind(lambda denoise, *args, **options: f(denoise.both, *args, **options))


def growing(f: Function) -> Sampler:
    """A consistency sampler; with a `scale`, one of which the latents grow."""

    def sampler(denoise: Denoiser, x: Tensor, sigmas: Tensor, draws: Noises, on_step: OnStep, **options: Any) -> Tensor:
        if "scale" not in options:
            return f(denoise, x, sigmas, draws.white(), on_step, **options)
        generator = draws.rest()

        def draw(like: Tensor) -> Tensor:
            return torch.empty_like(like, device="cpu").normal_(generator=generator).to(like)

        return lcm_growing(denoise, x, sigmas, draw, on_step, **options)

    return sampler


def adams(f: Function) -> Sampler:
    """SA-Solver: independent noise between 20 and 80 percent of the schedule, or `start` and `end`, as shares."""

    def sampler(denoise: Denoiser, x: Tensor, sigmas: Tensor, draws: Noises, on_step: OnStep, **options: Any) -> Tensor:
        to_sigma = denoise.sampling.percent_to_sigma
        shares = options.pop("start", 0.2), options.pop("end", 0.8)
        options = {"interval": (to_sigma(shares[0]), to_sigma(shares[1]))} | options
        return f(denoise, x, sigmas, draws.white(), on_step, **options)

    return sampler


SAMPLERS: Mapping[SamplerName, Sampler] = MappingProxyType(
    {
        "euler": plain(euler),
        "euler_cfg_pp": guided(plain, euler_cfg_pp),
        "euler_ancestral": noisy(euler_ancestral),
        "euler_ancestral_cfg_pp": guided(noisy, euler_ancestral_cfg_pp),
        "heun": plain(heun),
        "heunpp2": plain(heunpp2),
        "dpm_2": plain(dpm_2),
        "dpm_2_ancestral": noisy(dpm_2_ancestral),
        "lms": plain(lms),
        "dpm_fast": plain(dpm_fast),
        "dpm_adaptive": noisy(dpm_adaptive),
        "dpmpp_2s_ancestral": noisy(dpmpp_2s_ancestral),
        "dpmpp_2s_ancestral_cfg_pp": guided(noisy, dpmpp_2s_ancestral_cfg_pp),
        "dpmpp_sde": brownian(dpmpp_sde),
        "dpmpp_sde_gpu": brownian(dpmpp_sde),
        "dpmpp_2m": plain(dpmpp_2m),
        "dpmpp_2m_cfg_pp": guided(plain, dpmpp_2m_cfg_pp),
        "dpmpp_2m_sde": brownian(dpmpp_2m_sde),
        "dpmpp_2m_sde_gpu": brownian(dpmpp_2m_sde),
        "dpmpp_2m_sde_heun": brownian(partial(dpmpp_2m_sde, solver_type="heun")),
        "dpmpp_2m_sde_heun_gpu": brownian(partial(dpmpp_2m_sde, solver_type="heun")),
        "dpmpp_3m_sde": brownian(dpmpp_3m_sde),
        "dpmpp_3m_sde_gpu": brownian(dpmpp_3m_sde),
        "ddpm": noisy(ddpm),
        "lcm": growing(lcm),
        "ipndm": plain(ipndm),
        "ipndm_v": plain(ipndm_v),
        "deis": plain(deis),
        "res_multistep": plain(res_multistep),
        "res_multistep_cfg_pp": guided(plain, res_multistep_cfg_pp),
        "res_multistep_ancestral": noisy(res_multistep_ancestral),
        "res_multistep_ancestral_cfg_pp": guided(noisy, res_multistep_ancestral_cfg_pp),
        "gradient_estimation": plain(gradient_estimation),
        "gradient_estimation_cfg_pp": guided(plain, gradient_estimation_cfg_pp),
        "er_sde": noisy(er_sde),
        "seeds_2": noisy(seeds_2),
        "seeds_3": noisy(seeds_3),
        "sa_solver": adams(sa_solver),
        "sa_solver_pece": adams(sa_solver_pece),
        "ddim": plain(euler),
        "uni_pc": plain(uni_pc),
        "uni_pc_bh2": plain(uni_pc_bh2),
    }
)
"""On x = latent + sigma * noise. Noise is drawn on the CPU whatever the name says of a GPU."""


@dataclass(frozen=True, slots=True)
class SnrUnits:
    """A rectified flow's denoiser in variance-exploding units: x / (1 - s) at level s / (1 - s).

    There the flow is x' = latent + s' noise, so that samplers that go by the signal-to-noise ratio are written once.
    """

    flow: Denoiser

    @property
    def sampling(self) -> ModelSampling:
        """See `Denoiser`; still in the flow's units."""
        return self.flow.sampling

    def __call__(self, x: Tensor, sigma: float) -> Tensor:
        """See `Denoiser`."""
        return self.flow(x / (1 + sigma), sigma / (1 + sigma))

    def both(self, x: Tensor, sigma: float) -> tuple[Tensor, Tensor]:
        """See `Denoiser`."""
        return self.flow.both(x / (1 + sigma), sigma / (1 + sigma))


@dataclass(frozen=True, slots=True)
class SnrNoises:
    """Noise for `SnrUnits`: the same draws, asked for with levels in its units."""

    flow: Noises
    levels: Tensor

    def rest(self) -> torch.Generator:
        """See `Noises`."""
        return self.flow.rest()

    def white(self) -> Noise:
        """See `Noises`."""
        return self.flow.white()

    def brownian(self, sigmas: Tensor) -> Noise:
        """See `Noises`."""
        path = self.flow.brownian(self.levels)
        return lambda sigma, following: path(sigma / (1 + sigma), following / (1 + following))


def in_snr_units(sampler: Sampler) -> Sampler:
    """A sampler for rectified flows from one for x = latent + sigma * noise.

    Level 1, pure noise, has no signal-to-noise ratio; the one 0.01 percent further on stands for it.
    """

    def flow(denoise: Denoiser, x: Tensor, sigmas: Tensor, draws: Noises, on_step: OnStep, **options: Any) -> Tensor:
        levels = sigmas.clone()
        if levels[0] >= 1:
            levels[0] = denoise.sampling.percent_to_sigma(1e-4)
        x = x / (1 - float(levels[0]))
        x = sampler(SnrUnits(denoise), x, levels / (1 - levels), SnrNoises(draws, sigmas), on_step, **options)
        return x * (1 - float(levels[-1]))

    return flow


def snr_level(sigma: float) -> float:
    """A flow's level in variance-exploding units; infinite for pure noise."""
    return sigma / (1 - sigma) if sigma < 1 else math.inf


def flow_adams(f: Function) -> Sampler:
    """`adams` on a rectified flow."""

    def sampler(denoise: Denoiser, x: Tensor, sigmas: Tensor, draws: Noises, on_step: OnStep, **options: Any) -> Tensor:
        shares = options.pop("start", 0.2), options.pop("end", 0.8)
        high, low = (denoise.sampling.percent_to_sigma(share) for share in shares)
        options = {"interval": (snr_level(high), snr_level(low))} | options
        return f(denoise, x, sigmas, draws.white(), on_step, **options)

    return in_snr_units(sampler)


GO_BY_SNR: tuple[SamplerName, ...] = (
    "dpmpp_sde",
    "dpmpp_sde_gpu",
    "dpmpp_2m_sde",
    "dpmpp_2m_sde_gpu",
    "dpmpp_2m_sde_heun",
    "dpmpp_2m_sde_heun_gpu",
    "dpmpp_3m_sde",
    "dpmpp_3m_sde_gpu",
    "euler_cfg_pp",
    "euler_ancestral_cfg_pp",
    "er_sde",
    "seeds_2",
    "seeds_3",
)

FLOW_SAMPLERS: Mapping[SamplerName, Sampler] = MappingProxyType(
    dict(SAMPLERS)
    | {name: in_snr_units(SAMPLERS[name]) for name in GO_BY_SNR}
    | {
        "euler_ancestral": noisy(euler_ancestral_flow),
        "dpm_2_ancestral": noisy(dpm_2_ancestral_flow),
        "dpmpp_2s_ancestral": noisy(dpmpp_2s_ancestral_flow),
        "lcm": growing(lcm_flow),
        "sa_solver": flow_adams(sa_solver),
        "sa_solver_pece": flow_adams(sa_solver_pece),
    }
)
"""On x = (1 - sigma) * latent + sigma * noise."""
