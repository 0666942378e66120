"""Second-order samplers that look ahead: two or three evaluations of the denoiser a step."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor

from calotype.diffusion.sampling.terms import (
    Denoise,
    Noise,
    OnStep,
    ancestral,
    ancestral_flow,
    euler_step,
    geometric_mean,
    ignore,
    slope,
)


def heun(denoise: Denoise, x: Tensor, sigmas: Tensor, on_step: OnStep = ignore) -> Tensor:
    """Heun's method: the mean of the slopes at both ends of the step (Karras et al. 2022, algorithm 1)."""
    for i, (sigma, following) in enumerate(pairwise(sigmas.tolist())):
        denoised = denoise(x, sigma)
        on_step(i, x, denoised)
        ahead = euler_step(x, denoised, sigma, following)
        if following > 0:
            d = slope(x, denoised, sigma) + slope(ahead, denoise(ahead, following), following)
            ahead = x.add(d, alpha=(following - sigma) / 2)
        x = ahead
    return x


def heunpp2(denoise: Denoise, x: Tensor, sigmas: Tensor, on_step: OnStep = ignore) -> Tensor:
    """Heun++: slopes at up to three levels ahead, weighted by level: w_k = s_k / (n s_max), w_0 the rest."""
    levels = sigmas.tolist()
    for i, (sigma, following) in enumerate(pairwise(levels)):
        denoised = denoise(x, sigma)
        on_step(i, x, denoised)
        d = slope(x, denoised, sigma)
        ahead = x.add(d, alpha=following - sigma)
        if following == levels[-1]:
            x = ahead
            continue
        points = 2 if levels[i + 2] == levels[-1] else 3
        slopes, weights = [slope(ahead, denoise(ahead, following), following)], [following / (points * levels[0])]
        if points == 3:
            further = levels[i + 2]
            ahead = ahead.add(slopes[0], alpha=further - following)
            slopes.append(slope(ahead, denoise(ahead, further), further))
            weights.append(further / (points * levels[0]))
        mean = (1 - sum(weights)) * d
        for weight, one in zip(weights, slopes, strict=True):
            mean = mean.add(one, alpha=weight)
        x = x.add(mean, alpha=following - sigma)
    return x


def dpm_2(denoise: Denoise, x: Tensor, sigmas: Tensor, on_step: OnStep = ignore) -> Tensor:
    """DPM-Solver-2 (Lu et al. 2022, algorithm 1) in Karras' form: the slope at the geometric middle of the step."""
    for i, (sigma, following) in enumerate(pairwise(sigmas.tolist())):
        denoised = denoise(x, sigma)
        on_step(i, x, denoised)
        x = midpoint_step(denoise, x, denoised, sigma, following)
    return x


def midpoint_step(denoise: Denoise, x: Tensor, denoised: Tensor, sigma: float, following: float) -> Tensor:
    """One step with the slope at sqrt(sigma * following); Euler's when it ends at 0."""
    if following == 0:
        return euler_step(x, denoised, sigma, following)
    middle = geometric_mean(sigma, following)
    between = euler_step(x, denoised, sigma, middle)
    return x.add(slope(between, denoise(between, middle), middle), alpha=following - sigma)


def dpm_2_ancestral(
    denoise: Denoise,
    x: Tensor,
    sigmas: Tensor,
    noise: Noise,
    on_step: OnStep = ignore,
    *,
    eta: float = 1.0,
    s_noise: float = 1.0,
) -> Tensor:
    """`dpm_2` with ancestral noise."""
    for i, (sigma, following) in enumerate(pairwise(sigmas.tolist())):
        denoised = denoise(x, sigma)
        on_step(i, x, denoised)
        down, up = ancestral(sigma, following, eta)
        x = midpoint_step(denoise, x, denoised, sigma, down)
        if down > 0:
            x = x.add(noise(sigma, following), alpha=s_noise * up)
    return x


def dpm_2_ancestral_flow(
    denoise: Denoise,
    x: Tensor,
    sigmas: Tensor,
    noise: Noise,
    on_step: OnStep = ignore,
    *,
    eta: float = 1.0,
    s_noise: float = 1.0,
) -> Tensor:
    """`dpm_2_ancestral` on a rectified flow."""
    for i, (sigma, following) in enumerate(pairwise(sigmas.tolist())):
        denoised = denoise(x, sigma)
        on_step(i, x, denoised)
        down, scale, up = ancestral_flow(sigma, following, eta)
        x = midpoint_step(denoise, x, denoised, sigma, down)
        if down > 0:
            x = (scale * x).add(noise(sigma, following), alpha=s_noise * up)
    return x
