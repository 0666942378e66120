"""RES: refined exponential solvers in multistep form (Zhang et al. 2023, "Improved order analysis")."""

from __future__ import annotations

import math
from itertools import pairwise

from torch import Tensor

from calotype.diffusion.sampling.terms import Denoise, DenoiseBoth, Noise, OnStep, ancestral, ignore


def res_weights(sigma: float, down: float, before: float, down_before: float) -> tuple[float, float, float]:
    """(e^-h, h b1, h b2) of the second-order multistep method, algorithm 2.

    The step goes from sigma to down; the one before it went from the level `before` towards `down_before`.
    """
    h = math.log(sigma / down)
    c_2 = math.log(down_before / before) / h
    phi_1 = -math.expm1(-h) / h
    b_2 = (1 - phi_1) / h / c_2
    return math.exp(-h), h * (phi_1 - b_2), h * b_2


def res_multistep(denoise: Denoise, x: Tensor, sigmas: Tensor, on_step: OnStep = ignore) -> Tensor:
    """Second order from one evaluation a step and the estimate of the step before."""

    def nothing(sigma: float, following: float) -> Tensor:
        raise AssertionError("eta is 0")

    return res_multistep_ancestral(denoise, x, sigmas, nothing, on_step, eta=0.0)


def res_multistep_ancestral(
    denoise: Denoise,
    x: Tensor,
    sigmas: Tensor,
    noise: Noise,
    on_step: OnStep = ignore,
    *,
    eta: float = 1.0,
    s_noise: float = 1.0,
) -> Tensor:
    """`res_multistep` with ancestral noise."""

    def alone(x: Tensor, sigma: float) -> tuple[Tensor, Tensor]:
        denoised = denoise(x, sigma)
        return denoised, denoised

    return res_multistep_ancestral_cfg_pp(alone, x, sigmas, noise, on_step, eta=eta, s_noise=s_noise)


def res_multistep_cfg_pp(denoise: DenoiseBoth, x: Tensor, sigmas: Tensor, on_step: OnStep = ignore) -> Tensor:
    """`res_multistep` with CFG++."""

    def nothing(sigma: float, following: float) -> Tensor:
        raise AssertionError("eta is 0")

    return res_multistep_ancestral_cfg_pp(denoise, x, sigmas, nothing, on_step, eta=0.0)


def res_multistep_ancestral_cfg_pp(
    denoise: DenoiseBoth,
    x: Tensor,
    sigmas: Tensor,
    noise: Noise,
    on_step: OnStep = ignore,
    *,
    eta: float = 1.0,
    s_noise: float = 1.0,
) -> Tensor:
    """RES with ancestral noise and CFG++ (Chung et al. 2024): the guided estimate renoised by the negative slope."""
    before: Tensor | None = None
    sigma_before = down_before = 0.0
    for i, (sigma, following) in enumerate(pairwise(sigmas.tolist())):
        denoised, negative = denoise(x, sigma)
        on_step(i, x, denoised)
        down, up = ancestral(sigma, following, eta)
        if down == 0 or before is None:
            x = denoised.add(x - negative, alpha=down / sigma)
        else:
            decay, b_1, b_2 = res_weights(sigma, down, sigma_before, down_before)
            x = ((x + (denoised - negative)) * decay).add(negative, alpha=b_1).add(before, alpha=b_2)
        if up:
            x = x.add(noise(sigma, following), alpha=s_noise * up)
        before, sigma_before, down_before = negative, sigma, down
    return x
