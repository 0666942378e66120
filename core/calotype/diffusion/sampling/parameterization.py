"""What a denoiser predicts and at which noise levels it was trained."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

Prediction = Literal["eps", "v", "x0", "flow", "edm"]

TERMINAL_ALPHA_BAR = 4.8973451890853435e-08
"""Signal left at the last step under zero terminal SNR: 0 would make its sigma infinite; this makes it 4518."""

BEFORE_ANY_STEP = 999_999_999.9


@dataclass(frozen=True, eq=False, slots=True)
class ModelSampling:
    """The parameterisation of a denoiser: how its raw output becomes an estimate of the clean latent.

    Responsibilities: the table of trained noise levels; sigma <-> timestep; scaling of the model's input; the
    denoised estimate D(x; sigma); mixing latents with noise. Sigmas are Python floats: no step waits for a device.

    prediction: "eps", "v" (Salimans and Ho 2022) and "x0" live on x = latent + sigma * noise (Karras et al. 2022);
    "edm" is "v" with the other sign. "flow" lives on x = (1 - sigma) * latent + sigma * noise with sigma in 0..1
    (Lipman et al. 2023). sigma_data: the deviation of the data that "v" and "edm" count on.
    sigmas: (T,) float32 on the CPU, rising.
    """

    prediction: Prediction
    sigmas: Tensor
    log_sigmas: Tensor
    shift: float = 1.0
    multiplier: float = 1000.0
    sigma_data: float = 1.0

    @classmethod
    def discrete(
        cls,
        prediction: Prediction = "eps",
        zero_snr: bool = False,
        beta_start: float = 0.00085,
        beta_end: float = 0.012,
        steps: int = 1000,
    ) -> ModelSampling:
        """Trained at `steps` discrete levels with the scaled-linear schedule of latent diffusion.

        beta_t = (linear from sqrt(beta_start) to sqrt(beta_end))^2; sigma_t^2 = (1 - abar_t) / abar_t.
        zero_snr: rescaled so that the last level is (almost) pure noise (Lin et al. 2023, algorithm 1).
        """
        betas = torch.linspace(beta_start**0.5, beta_end**0.5, steps, dtype=torch.float64) ** 2
        alphas_bar = torch.cumprod(1 - betas, dim=0)
        if zero_snr:
            root = alphas_bar.sqrt()
            alphas_bar = ((root - root[-1]) * root[0] / (root[0] - root[-1])) ** 2
            alphas_bar[-1] = TERMINAL_ALPHA_BAR
        sigmas = ((1 - alphas_bar) / alphas_bar).sqrt()
        return cls(prediction, sigmas.float(), sigmas.log().float())

    @classmethod
    def flow(cls, shift: float = 1.0, multiplier: float = 1000.0, steps: int = 1000) -> ModelSampling:
        """Rectified flow with levels shifted towards noise: sigma = s t / (1 + (s - 1) t) (Esser et al. 2024, eq. 23).

        multiplier: what the model's timestep is at sigma 1. For FLUX's exp(mu) pass `shift=exp(mu)`.
        """
        t = torch.arange(1, steps + 1) / steps * multiplier
        sigmas = shifted(t / multiplier, shift)
        return cls("flow", sigmas, sigmas.log(), shift, multiplier)

    def overridden(
        self, prediction: Prediction | None = None, zero_snr: bool | None = None, shift: float | None = None
    ) -> ModelSampling:
        """The same levels read otherwise: another prediction, zero terminal SNR, or another shift of a flow."""
        if self.is_flow:
            shift = self.shift if shift is None else shift
            return ModelSampling.flow(shift, self.multiplier, len(self.sigmas))
        if zero_snr is not None:
            return ModelSampling.discrete(prediction or self.prediction, zero_snr, steps=len(self.sigmas))
        return replace(self, prediction=prediction or self.prediction)

    @property
    def is_flow(self) -> bool:
        """Whether latents are mixed with noise (True) or noise is added to them (False)."""
        return self.prediction == "flow"

    @property
    def sigma_min(self) -> float:
        """The lowest trained noise level."""
        return float(self.sigmas[0])

    @property
    def sigma_max(self) -> float:
        """The highest trained noise level."""
        return float(self.sigmas[-1])

    def timesteps(self, sigmas: Tensor) -> Tensor:
        """What the model is told for each of `sigmas` (N,): discrete models are told the nearest trained step."""
        if self.is_flow:
            return sigmas * self.multiplier
        distance = (sigmas.float().log()[None, :] - self.log_sigmas[:, None]).abs()
        return distance.argmin(dim=0).float()

    def timestep(self, sigma: float) -> float:
        """What the model is told for one noise level; see `timesteps`."""
        return float(self.timesteps(torch.tensor([sigma], dtype=torch.float32))[0])

    def levels(self, timesteps: Tensor) -> Tensor:
        """The noise levels (N,) of timesteps (N,), interpolated in log sigma between trained steps.

        A flow takes times from before the shift, so that even times give shifted levels.
        """
        if self.is_flow:
            return shifted(timesteps / self.multiplier, self.shift)
        t = timesteps.float().clamp(0, len(self.sigmas) - 1)
        low, high, w = t.floor().long(), t.ceil().long(), t.frac()
        return ((1 - w) * self.log_sigmas[low] + w * self.log_sigmas[high]).exp()

    def sigma(self, timestep: float) -> float:
        """The noise level of one timestep; see `levels`."""
        return float(self.levels(torch.tensor([timestep], dtype=torch.float32))[0])

    def percent_to_sigma(self, percent: float) -> float:
        """The noise level at a share of the schedule, 0 (before everything) to 1 (after everything)."""
        if percent <= 0:
            return 1.0 if self.is_flow else BEFORE_ANY_STEP
        if percent >= 1:
            return 0.0
        if self.is_flow:
            return self.shift * (1 - percent) / (1 + (self.shift - 1) * (1 - percent))
        return self.sigma((1 - percent) * (len(self.sigmas) - 1))

    def c_in(self, sigma: float) -> float:
        """The factor that gives the model's input unit variance (Karras et al. 2022, table 1); 1 for flow."""
        return 1.0 if self.is_flow else 1 / math.sqrt(sigma**2 + self.sigma_data**2)

    def denoised(self, raw: Tensor, x: Tensor, sigma: float) -> Tensor:
        """D(x; sigma): the estimate of the clean latent that follows from the model's raw output at x.

        Each operation rounds by itself, as ComfyUI's do: from the lowest levels, where x - D is next to nothing and is
        divided by sigma, a fused multiplication would be seen in the result.
        """
        match self.prediction:
            case "eps" | "flow":
                return x - raw * sigma
            case "v" | "edm":
                total = sigma**2 + self.sigma_data**2
                moved, kept = raw * sigma, x
                if self.sigma_data != 1.0:
                    moved, kept = moved.mul_(self.sigma_data), x * self.sigma_data**2
                moved, kept = moved.div_(math.sqrt(total)), kept / total
                return kept.sub_(moved) if self.prediction == "v" else kept.add_(moved)
            case "x0":
                return raw

    def noised(self, latent: Tensor, noise: Tensor, sigma: float, max_denoise: bool = False) -> Tensor:
        """A clean latent brought to noise level sigma.

        max_denoise: the start from (almost) pure noise, where the training's total variance 1 + sigma^2 counts; its
        root in float32, as ComfyUI takes it.
        """
        if self.is_flow:
            return sigma * noise + (1 - sigma) * latent
        deviation = float((torch.tensor(sigma) ** 2 + 1).sqrt()) if max_denoise else sigma
        return noise * deviation + latent

    def unmixed(self, x: Tensor, sigma: float) -> Tensor:
        """x as it leaves a sampler that stopped at sigma: flow's share 1 - sigma of the latent is undone."""
        return x / (1 - sigma) if self.is_flow and 0 < sigma < 1 else x


def shifted(t: Tensor, shift: float) -> Tensor:
    """s t / (1 + (s - 1) t): times in 0..1 moved towards noise for s > 1."""
    return t if shift == 1.0 else shift * t / (1 + (shift - 1) * t)
