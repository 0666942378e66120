"""Noise levels that were found by search and published as numbers, and what is done to lists of levels."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from calotype.diffusion.sampling.parameterization import ModelSampling

Spacing = Literal["linear", "cosine", "sine"]

ALIGN_YOUR_STEPS: Mapping[str, tuple[float, ...]] = {
    "SD1": (
        14.6146412293, 6.4745760956, 3.8636745985, 2.6946151520, 1.8841921177, 1.3943805092, 0.9642583904,
        0.6523686016, 0.3977456272, 0.1515232662, 0.0291671582,
    ),
    "SDXL": (
        14.6146412293, 6.3184485287, 3.7681790315, 2.1811480769, 1.3405244945, 0.8620721141, 0.5550693289,
        0.3798540708, 0.2332364134, 0.1114188177, 0.0291671582,
    ),
    "SVD": (700.0, 54.5, 15.886, 7.977, 4.248, 1.789, 0.981, 0.403, 0.173, 0.034, 0.002),
}  # fmt: skip
"""Sabour et al. 2024, the authors' page of quick start values."""

OPTIMAL_STEPS: Mapping[str, tuple[float, ...]] = {
    "FLUX": (0.9968, 0.9886, 0.9819, 0.975, 0.966, 0.9471, 0.9158, 0.8287, 0.5512, 0.2808, 0.001),
    "Wan": (
        1.0, 0.997, 0.995, 0.993, 0.991, 0.989, 0.987, 0.985, 0.98, 0.975, 0.973, 0.968, 0.96, 0.946, 0.927, 0.902,
        0.864, 0.776, 0.539, 0.208, 0.001,
    ),
    "Chroma": (
        0.992, 0.99, 0.988, 0.985, 0.982, 0.978, 0.973, 0.968, 0.961, 0.953, 0.943, 0.931, 0.917, 0.9, 0.881, 0.858,
        0.832, 0.802, 0.769, 0.731, 0.69, 0.646, 0.599, 0.55, 0.501, 0.451, 0.402, 0.355, 0.311, 0.27, 0.232, 0.199,
        0.169, 0.143, 0.12, 0.101, 0.084, 0.07, 0.058, 0.048, 0.001,
    ),
}  # fmt: skip
"""Pei et al. 2025 (OptimalSteps), the authors' values."""

FIRST_FLIPPED = 1e-4  # in place of a 0 that comes first


def interpolated(known: tuple[float, ...], steps: int, denoise: float = 1.0) -> Tensor:
    """steps + 1 levels, log-linear between the known ones, of which denoise < 1 takes the last; the last is 0."""
    if denoise <= 0:
        return torch.zeros(0)
    levels = np.array(known)
    if steps + 1 != len(known):
        places, wanted = np.linspace(0, 1, len(known)), np.linspace(0, 1, steps + 1)
        levels = np.exp(np.interp(wanted, places, np.log(levels)))
    levels = levels[-((round(steps * denoise) if denoise < 1 else steps) + 1) :]
    levels[-1] = 0
    return torch.from_numpy(levels).float()


def turbo(model: ModelSampling, steps: int, denoise: float = 1.0) -> Tensor:
    """Every hundredth timestep from the top, of which there are ten (Sauer et al. 2023); then 0."""
    start = 10 - int(10 * denoise)
    times = (torch.arange(1, 11) * 100 - 1).flip(0)[start : start + steps].float()
    return torch.cat([model.levels(times), torch.zeros(1)])


def flux2(steps: int, width: int, height: int) -> Tensor:
    """FLUX.2's levels (its authors' reference code): even times, shifted by exp(mu).

    mu is linear in the steps, between fits for 10 and 200 of them that are linear in the tokens of 16 x 16 pixels; for
    more than 4300 tokens it is the second fit.
    """
    tokens = round(width * height / 256)
    many = 0.00016927 * tokens + 0.45666666
    few = 8.73809524e-05 * tokens + 1.89833333
    slope = (many - few) / 190.0
    mu = many if tokens > 4300 else slope * steps + (many - 200.0 * slope)
    times = torch.linspace(1, 0, steps + 1)
    return math.exp(mu) / (math.exp(mu) + (1 / times - 1))


def split(sigmas: Tensor, step: int) -> tuple[Tensor, Tensor]:
    """The levels up to a step, and from it on; the level between is in both."""
    return sigmas[: step + 1], sigmas[step:]


def split_share(sigmas: Tensor, denoise: float) -> tuple[Tensor, Tensor]:
    """The levels before the last `denoise` of the steps, and of these; the level between is in both."""
    steps = round(max(len(sigmas) - 1, 0) * denoise)
    return sigmas[: len(sigmas) - steps] if steps else sigmas[:0], sigmas[-(steps + 1) :]


def flipped(sigmas: Tensor) -> Tensor:
    """The levels rising, for adding noise step by step; a first level of 0 is made 0.0001."""
    turned = sigmas.flip(0)
    if len(turned) and turned[0] == 0:
        turned[0] = FIRST_FLIPPED
    return turned


def extended(sigmas: Tensor, parts: int, start: float, end: float, spacing: Spacing) -> Tensor:
    """Each step that begins between the levels `start` (below 0 for no bound) and `end` made of `parts` steps.

    spacing: how the levels between lie; "cosine" is dense at the step's end, "sine" at its beginning.
    """
    shares = torch.linspace(0, 1, parts + 1)[:-1]
    if spacing != "linear":
        shares = (shares * math.pi / 2).sin() if spacing == "cosine" else 1 - (shares * math.pi / 2).cos()
    most = start if start >= 0 else math.inf
    levels: list[float] = []
    for sigma, following in pairwise(sigmas):
        between = sigma + shares * (following - sigma)
        levels += between.tolist() if end <= float(sigma) <= most else [float(sigma)]
    return torch.tensor([*levels, *sigmas[-1:].tolist()])


def ltxv(steps: int, cells: int, shifts: tuple[float, float], terminal: float | None) -> Tensor:
    """LTX-Video's levels: (steps + 1,), from 1 to 0. shifts: mu at 1024 and at 4096 cells, and linear in their number.

    terminal: the last level above 0, to which all are stretched; None for none.
    """
    low, high = shifts
    slope = (high - low) / (4096 - 1024)
    odds = math.exp(cells * slope + low - slope * 1024)
    times = torch.linspace(1.0, 0.0, steps + 1)[:-1]
    levels = odds / (odds + (1 / times - 1))
    if terminal is not None:
        levels = 1.0 - (1.0 - levels) / ((1.0 - levels[-1]) / (1.0 - terminal))
    return torch.cat([levels, torch.zeros(1)])
