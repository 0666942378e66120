"""Sampling: how noise is developed into a latent.

`parameterization`: what a denoiser predicts; `schedules`: at which noise levels the steps stand; `noise`: what is drawn
from the seed; `regions`, `guidance`, `inpaint`: from denoiser and prompts to one function D(x; sigma); one module per
family of samplers, each a short function of (denoise, x, sigmas, ...); `table`: their names; `run`: all of it together.
"""

from calotype.diffusion.sampling.guidance import Guidance
from calotype.diffusion.sampling.noise import Draws
from calotype.diffusion.sampling.parameterization import ModelSampling
from calotype.diffusion.sampling.run import Sampled, sample
from calotype.diffusion.sampling.schedules import SCHEDULES, sigmas_for
from calotype.diffusion.sampling.table import FLOW_SAMPLERS, SAMPLERS

__all__ = [
    "FLOW_SAMPLERS",
    "SAMPLERS",
    "SCHEDULES",
    "Draws",
    "Guidance",
    "ModelSampling",
    "Sampled",
    "sample",
    "sigmas_for",
]
