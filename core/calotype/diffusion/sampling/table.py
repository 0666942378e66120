"""Which function each sampler name means, and what noise it draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Protocol

from torch import Tensor

from calotype.diffusion.names import SamplerName
from calotype.diffusion.sampling.dpmpp import dpmpp_2m, dpmpp_2s_ancestral, dpmpp_2s_ancestral_flow
from calotype.diffusion.sampling.euler import (
    ddpm,
    euler,
    euler_ancestral,
    euler_ancestral_flow,
    gradient_estimation,
    lcm,
    lcm_flow,
)
from calotype.diffusion.sampling.heun import dpm_2, dpm_2_ancestral, dpm_2_ancestral_flow, heun, heunpp2
from calotype.diffusion.sampling.noise import Draws
from calotype.diffusion.sampling.terms import OnStep


class Denoiser(Protocol):
    """The guided denoiser as samplers see it."""

    def __call__(self, x: Tensor, sigma: float) -> Tensor:
        """The guided estimate of the clean latent."""

    def both(self, x: Tensor, sigma: float) -> tuple[Tensor, Tensor]:
        """The guided estimate, and the negative prompt's alone."""


Sampler = Callable[[Denoiser, Tensor, Tensor, Draws, OnStep], Tensor]
"""(denoiser, x at the first level, levels, noise, on_step) -> x at the last level; options as keywords."""


def plain(f: Callable[..., Tensor]) -> Sampler:
    """A sampler that draws nothing."""

    def sampler(denoise: Denoiser, x: Tensor, sigmas: Tensor, draws: Draws, on_step: OnStep, **options: Any) -> Tensor:
        return f(denoise, x, sigmas, on_step, **options)

    return sampler


def noisy(f: Callable[..., Tensor]) -> Sampler:
    """A sampler that draws independent noise."""

    def sampler(denoise: Denoiser, x: Tensor, sigmas: Tensor, draws: Draws, on_step: OnStep, **options: Any) -> Tensor:
        return f(denoise, x, sigmas, draws.white(), on_step, **options)

    return sampler


SAMPLERS: Mapping[SamplerName, Sampler] = MappingProxyType(
    {
        "euler": plain(euler),
        "euler_ancestral": noisy(euler_ancestral),
        "heun": plain(heun),
        "heunpp2": plain(heunpp2),
        "dpm_2": plain(dpm_2),
        "dpm_2_ancestral": noisy(dpm_2_ancestral),
        "dpmpp_2m": plain(dpmpp_2m),
        "dpmpp_2s_ancestral": noisy(dpmpp_2s_ancestral),
        "ddpm": noisy(ddpm),
        "lcm": noisy(lcm),
        "gradient_estimation": plain(gradient_estimation),
        "ddim": plain(euler),
    }
)
"""On x = latent + sigma * noise."""

FLOW_SAMPLERS: Mapping[SamplerName, Sampler] = MappingProxyType(
    dict(SAMPLERS)
    | {
        "euler_ancestral": noisy(euler_ancestral_flow),
        "dpm_2_ancestral": noisy(dpm_2_ancestral_flow),
        "dpmpp_2s_ancestral": noisy(dpmpp_2s_ancestral_flow),
        "lcm": noisy(lcm_flow),
    }
)
"""On x = (1 - sigma) * latent + sigma * noise."""
