"""ER-SDE: extended reverse-time SDE solvers (Cui et al. 2023)."""

from __future__ import annotations

import math
from functools import partial
from itertools import pairwise

import numpy as np
from torch import Tensor

from calotype.diffusion.sampling.terms import Denoise, Noise, OnStep, ignore

POINTS = 200  # of the sums that stand for the integrals of 1 / phi


def er_sde(
    denoise: Denoise,
    x: Tensor,
    sigmas: Tensor,
    noise: Noise,
    on_step: OnStep = ignore,
    *,
    s_noise: float = 1.0,
    max_stage: int = 3,
    solver: str = "er",
    eta: float = 1.0,
) -> Tensor:
    """ER-SDE-Solver-3, algorithms 1 to 3, with phi(s) = s (exp(s^0.3) + 10), in variance-exploding units.

    max_stage: 1 to 3, the order; solver: "er", or "reverse" for phi(s) = s^(1 + eta), the reverse-time SDE, of which
    "ode" is the case without noise.
    """
    levels = sigmas.tolist()
    phi = er_noise if solver == "er" else partial(pow_noise, power=1 + eta if solver == "reverse" else 1.0)
    s_noise = 0.0 if solver == "ode" or (solver == "reverse" and eta == 0) else s_noise
    before: list[Tensor] = []  # the estimate and its first difference at the step before
    for i, (sigma, following) in enumerate(pairwise(levels)):
        denoised = denoise(x, sigma)
        on_step(i, x, denoised)
        if following == 0:
            return denoised
        ratio = phi(following) / phi(sigma)
        x = denoised.lerp(x, ratio)
        stage = min(max_stage, i + 1)
        step = following - sigma
        places = following - step / POINTS * np.arange(POINTS)
        inverse = np.array([1 / phi(place) for place in places.tolist()])
        found = [denoised]
        if stage >= 2:
            first = (denoised - before[0]) / (sigma - levels[i - 1])
            x = x.add(first, alpha=step + float(inverse.sum()) * -step / POINTS * phi(following))
            found.append(first)
        if stage >= 3:
            second = (found[1] - before[1]) / ((sigma - levels[i - 2]) / 2)
            area = float(((places - sigma) * inverse).sum()) * -step / POINTS
            x = x.add(second, alpha=step**2 / 2 + area * phi(following))
        if s_noise > 0:
            x = x.add(noise(sigma, following), alpha=s_noise * math.sqrt(max(following**2 - (sigma * ratio) ** 2, 0)))
        before = found
    return x


def pow_noise(sigma: float, power: float) -> float:
    """phi of the reverse-time SDE, section 3: s^(1 + eta)."""
    return float(sigma**power)


def er_noise(sigma: float) -> float:
    """phi of ER-SDE-5, appendix B: s (exp(s^0.3) + 10)."""
    return sigma * (math.exp(sigma**0.3) + 10)
