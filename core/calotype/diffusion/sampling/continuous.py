"""Parameterisations whose noise levels are not the trained table of latent diffusion."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from calotype.diffusion.sampling.parameterization import BEFORE_ANY_STEP, ModelSampling, Prediction

LCM_STEPS = 50
LCM_SKIP = 1000 // LCM_STEPS
LCM_DATA = 0.5  # the deviation of the data in the boundary condition of consistency models


@dataclass(frozen=True, eq=False, slots=True)
class Continuous(ModelSampling):
    """Trained at continuous levels, even in log sigma (Karras et al. 2022, table 1): c_noise = log(sigma) / 4.

    The table of 1000 levels is for schedules that pick from one.
    """

    @classmethod
    def between(cls, prediction: Prediction, sigma_min: float, sigma_max: float, sigma_data: float = 1.0) -> Self:
        """Levels from sigma_min to sigma_max. sigma_data: the deviation of the data that the network was made for."""
        sigmas = torch.linspace(math.log(sigma_min), math.log(sigma_max), 1000).exp()
        return cls(prediction, sigmas, sigmas.log(), sigma_data=sigma_data)

    def timesteps(self, sigmas: Tensor) -> Tensor:
        """See `ModelSampling`."""
        return 0.25 * sigmas.float().log()

    def levels(self, timesteps: Tensor) -> Tensor:
        """See `ModelSampling`."""
        return (timesteps / 0.25).exp()

    def percent_to_sigma(self, percent: float) -> float:
        """See `ModelSampling`: even in log sigma."""
        if percent <= 0:
            return BEFORE_ANY_STEP
        if percent >= 1:
            return 0.0
        low, high = math.log(self.sigma_min), math.log(self.sigma_max)
        return math.exp((high - low) * (1 - percent) + low)


@dataclass(frozen=True, eq=False, slots=True)
class ContinuousAngle(Continuous):
    """`Continuous` with the angle of the variance-preserving path as time: t = 2 atan(sigma) / pi."""

    def timesteps(self, sigmas: Tensor) -> Tensor:
        """See `ModelSampling`."""
        return sigmas.float().atan() / math.pi * 2

    def levels(self, timesteps: Tensor) -> Tensor:
        """See `ModelSampling`."""
        return (timesteps * math.pi / 2).tan()


@dataclass(frozen=True, eq=False, slots=True)
class Consistency(ModelSampling):
    """A latent consistency model: 50 of the 1000 trained levels, and the boundary condition on what it predicts.

    Luo et al. 2023, equation 9: D = c_skip x + c_out (x - sigma eps), with the timestep scaled by 10.
    """

    @classmethod
    def of(cls, zero_snr: bool = False) -> Self:
        """Every 20th trained level, from the last. zero_snr: of levels whose last is pure noise."""
        sigmas = ModelSampling.discrete("eps", zero_snr).sigmas[LCM_SKIP - 1 :: LCM_SKIP]
        return cls("eps", sigmas, sigmas.log())

    def timesteps(self, sigmas: Tensor) -> Tensor:
        """See `ModelSampling`."""
        return ModelSampling.timesteps(self, sigmas) * LCM_SKIP + (LCM_SKIP - 1)

    def levels(self, timesteps: Tensor) -> Tensor:
        """See `ModelSampling`."""
        return ModelSampling.levels(self, (timesteps.float() - (LCM_SKIP - 1)) / LCM_SKIP)

    def percent_to_sigma(self, percent: float) -> float:
        """See `ModelSampling`."""
        if percent <= 0:
            return BEFORE_ANY_STEP
        return 0.0 if percent >= 1 else self.sigma((1 - percent) * 999.0)

    def denoised(self, raw: Tensor, x: Tensor, sigma: float) -> Tensor:
        """See `ModelSampling`."""
        clean = torch.add(x, raw, alpha=-sigma)
        time = self.timestep(sigma) * 10.0
        skip = LCM_DATA**2 / (time**2 + LCM_DATA**2)
        return clean * (time / math.sqrt(time**2 + LCM_DATA**2)) + skip * x
