"""Noise schedules: at which levels the steps of a sampler stand.

Each takes the model's parameterisation and a number of steps and gives sigmas: float32 on the CPU, falling, the last
one 0. They have steps + 1 levels, but for `ddim_uniform` (whose stride is whole) and `beta` (which drops repeats).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

import numpy as np
import torch
from torch import Tensor

from calotype.diffusion.names import SamplerName, ScheduleName
from calotype.diffusion.sampling.parameterization import ModelSampling

Schedule = Callable[[ModelSampling, int], Tensor]

NEARLY_ZERO = 1e-5
DROPS_PENULTIMATE: frozenset[SamplerName] = frozenset({"dpm_2", "dpm_2_ancestral", "uni_pc", "uni_pc_bh2"})
"""Samplers that step best to 0 from far: they take one step more and leave its level out."""


def with_zero(sigmas: Tensor) -> Tensor:
    """The levels and a last 0."""
    return torch.cat([sigmas, sigmas.new_zeros(1)])


def normal(model: ModelSampling, steps: int) -> Tensor:
    """Even in the model's timesteps, from the highest level to the lowest, then 0."""
    start, end = model.timestep(model.sigma_max), model.timestep(model.sigma_min)
    if model.sigma(end) <= NEARLY_ZERO:
        return model.levels(torch.linspace(start, end, steps + 1))
    return with_zero(model.levels(torch.linspace(start, end, steps)))


def sgm_uniform(model: ModelSampling, steps: int) -> Tensor:
    """Even in timesteps, without the lowest level: the last step is a whole one (as in SGM's samplers)."""
    start, end = model.timestep(model.sigma_max), model.timestep(model.sigma_min)
    return with_zero(model.levels(torch.linspace(start, end, steps + 1)[:-1]))


def simple(model: ModelSampling, steps: int) -> Tensor:
    """Even picks from the table of trained levels, from the top."""
    stride = len(model.sigmas) / steps
    return with_zero(model.sigmas[[-(1 + int(i * stride)) for i in range(steps)]])


def ddim_uniform(model: ModelSampling, steps: int) -> Tensor:
    """Every k-th trained level, k whole (Song et al. 2021, section D.3): about `steps` steps."""
    zero_first = float(model.sigmas[1]) <= NEARLY_ZERO
    stride = max(len(model.sigmas) // (steps + zero_first), 1)
    levels = model.sigmas[1::stride].flip(0)
    return levels if zero_first else with_zero(levels)


def karras(model: ModelSampling, steps: int, rho: float = 7.0) -> Tensor:
    """Karras et al. 2022, equation 5: even in sigma^(1/rho)."""
    return karras_levels(steps, model.sigma_min, model.sigma_max, rho)


def karras_levels(steps: int, sigma_min: float, sigma_max: float, rho: float = 7.0) -> Tensor:
    """`karras` between any two levels."""
    ramp = torch.linspace(0, 1, steps)
    low, high = sigma_min ** (1 / rho), sigma_max ** (1 / rho)
    return with_zero((high + ramp * (low - high)) ** rho)


def exponential(model: ModelSampling, steps: int) -> Tensor:
    """Even in log sigma."""
    return exponential_levels(steps, model.sigma_min, model.sigma_max)


def exponential_levels(steps: int, sigma_min: float, sigma_max: float, rho: float = 1.0) -> Tensor:
    """Even in log sigma between any two levels; with rho, a polynomial in log sigma."""
    if rho == 1.0:
        return with_zero(torch.linspace(math.log(sigma_max), math.log(sigma_min), steps).exp())
    low, high = math.log(sigma_min), math.log(sigma_max)
    return with_zero((torch.linspace(1, 0, steps) ** rho * (high - low) + low).exp())


def vp_levels(steps: int, beta_d: float = 19.9, beta_min: float = 0.1, eps_s: float = 1e-3) -> Tensor:
    """The continuous variance-preserving schedule (Song et al. 2021, appendix C)."""
    t = torch.linspace(1, eps_s, steps)
    return with_zero(torch.expm1(beta_d * t**2 / 2 + beta_min * t).sqrt())


def laplace_levels(steps: int, sigma_min: float, sigma_max: float, mu: float = 0.0, beta: float = 0.5) -> Tensor:
    """Quantiles of a Laplace distribution of log SNR (Hang and Gu 2024). The last level is sigma_min, not 0."""
    x = torch.linspace(0, 1, steps)
    log_snr = mu - beta * torch.sign(0.5 - x) * torch.log(1 - 2 * (0.5 - x).abs() + 1e-5)
    return log_snr.exp().clamp(sigma_min, sigma_max)


def beta(model: ModelSampling, steps: int, alpha: float = 0.6, beta: float = 0.6) -> Tensor:
    """Trained levels at quantiles of a beta distribution (Lee et al. 2024): dense at both ends, repeats dropped."""
    from scipy.special import betaincinv

    shares = 1 - np.linspace(0, 1, steps, endpoint=False)
    picked = np.rint(betaincinv(alpha, beta, shares) * (len(model.sigmas) - 1)).astype(int)
    kept = [int(t) for i, t in enumerate(picked) if i == 0 or t != picked[i - 1]]
    return with_zero(model.sigmas[kept])


def linear_quadratic(
    model: ModelSampling, steps: int, threshold: float = 0.025, linear_steps: int | None = None
) -> Tensor:
    """Mochi 1's schedule: half of the steps linear over the first `threshold` of the way, the rest quadratic."""
    if steps == 1:
        return torch.tensor([model.sigma_max, 0.0])
    linear = steps // 2 if linear_steps is None else linear_steps
    quadratic = steps - linear
    missing = linear - threshold * steps
    square = missing / (linear * quadratic**2)
    slope = threshold / linear - 2 * missing / quadratic**2
    way = [i * threshold / linear for i in range(linear)]
    way += [square * i**2 + slope * i + square * linear**2 for i in range(linear, steps)]
    return torch.tensor([1 - share for share in [*way, 1.0]]) * model.sigmas[-1]


def kl_optimal(model: ModelSampling, steps: int) -> Tensor:
    """Even in arctan sigma (Sabour et al. 2024, theorem 3.1)."""
    ramp = torch.arange(steps, dtype=torch.float32) / max(steps - 1, 1)
    low, high = math.atan(model.sigma_min), math.atan(model.sigma_max)
    return with_zero((ramp * low + (1 - ramp) * high).tan())


SCHEDULES: Mapping[ScheduleName, Schedule] = MappingProxyType(
    {
        "simple": simple,
        "sgm_uniform": sgm_uniform,
        "karras": partial(karras, rho=7.0),
        "exponential": exponential,
        "ddim_uniform": ddim_uniform,
        "beta": partial(beta, alpha=0.6, beta=0.6),
        "normal": normal,
        "linear_quadratic": linear_quadratic,
        "kl_optimal": kl_optimal,
    }
)


def sigmas_for(
    model: ModelSampling, schedule: ScheduleName, steps: int, denoise: float = 1.0, sampler: SamplerName = "euler"
) -> Tensor:
    """The levels of a run: `steps` steps, of which denoise < 1 takes the last ones of a longer schedule.

    denoise: share of the schedule that is run, 0 (nothing: no levels) to 1. sampler: some leave a level out.
    """
    if denoise <= 0:
        return torch.zeros(0)
    if denoise > 0.9999:
        return _levels(model, schedule, steps, sampler)
    return _levels(model, schedule, int(steps / denoise), sampler)[-(steps + 1) :]


def _levels(model: ModelSampling, schedule: ScheduleName, steps: int, sampler: SamplerName) -> Tensor:
    if sampler not in DROPS_PENULTIMATE:
        return SCHEDULES[schedule](model, steps)
    sigmas = SCHEDULES[schedule](model, steps + 1)
    return torch.cat([sigmas[:-2], sigmas[-1:]])
