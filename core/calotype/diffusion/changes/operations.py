"""Changes to latents that have a name, and guidance that goes through one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

import torch
from torch import Tensor
from torch.nn import functional

from calotype.diffusion.sampling.hooks import Before, Moment
from calotype.errors import ModelError

TINY = 1e-10
DARK = 1e-6  # added to lengths of which directions are taken
DEVIATIONS = 5  # above the mean, where the tone curve has its top
STEEP = 10  # what a share of 1 sharpens by

Operation = Callable[[Tensor], Tensor]


def operation_of(name: str, settings: Mapping[str, float]) -> Operation:
    """The change of a name. Raises ModelError for one that is not known."""
    if name not in OPERATIONS:
        raise ModelError(f"a change to latents called {name!r} is not known; there are: {', '.join(OPERATIONS)}.")
    return partial(OPERATIONS[name], **settings)


def tone_mapped(x: Tensor, multiplier: float) -> Tensor:
    """x (B, C, h, w), the lengths m of its channel vectors compressed to m / (1 + m / top).

    Reinhard et al. 2002, equation 3. top: the mean of the lengths and 5 deviations, times `multiplier`; per image.
    """
    length = torch.linalg.vector_norm(x, dim=1, keepdim=True) + TINY
    mean, deviation = (f(dim=(1, 2, 3), keepdim=True) for f in (length.mean, length.std))
    top = (deviation * DEVIATIONS + mean) * multiplier
    share = length * (1.0 / top)
    return x / length * (share / (share + 1.0) * top)


def sharpened(x: Tensor, radius: float, sigma: float, amount: float) -> Tensor:
    """The directions of the channel vectors of x (B, C, h, w), less their blur; their lengths stay.

    radius: of the bell curve, in cells; sigma: its deviation, in radii. Raises ValueError where x is too small.
    """
    reach, channels = int(radius), x.shape[1]
    if reach >= min(x.shape[-2:]):
        raise ValueError(f"a radius of {reach} cells is too much for latents of {x.shape[-1]} x {x.shape[-2]} cells.")
    length = torch.linalg.vector_norm(x, dim=1, keepdim=True) + DARK
    row = torch.linspace(-1, 1, 2 * reach + 1, device=x.device)
    distance = (row[:, None] ** 2 + row**2).sqrt()
    kernel = torch.exp(-(distance**2) / (2 * sigma * sigma))
    kernel = kernel / kernel.sum() * (-STEEP * amount)
    kernel[reach, reach] = kernel[reach, reach] - kernel.sum() + 1.0
    padded = functional.pad(x / length, [reach] * 4, mode="reflect")
    return length * functional.conv2d(padded, kernel.expand(channels, 1, -1, -1), groups=channels)


OPERATIONS: Mapping[str, Callable[..., Tensor]] = MappingProxyType({"tone_map": tone_mapped, "sharpen": sharpened})


def guided_through(operation: Operation) -> Before:
    """The positive estimate, its difference from the negative one changed."""

    def change(moment: Moment, estimates: list[Tensor], cfg: float) -> list[Tensor]:
        positive, negative, *others = estimates
        return [operation(positive - negative) + negative, negative, *others]

    return change


def frequencies_scaled(low: float, high: float, cutoff: int) -> Before:
    """FreSca (Huang et al. 2025, equation 5): the guidance's frequencies times `low` below the cutoff, else `high`."""

    def change(moment: Moment, estimates: list[Tensor], cfg: float) -> list[Tensor]:
        if moment.alone:
            return estimates
        positive, negative, *others = estimates
        return [banded(positive - negative, low, high, cutoff) + negative, negative, *others]

    return change


def banded(x: Tensor, low: float, high: float, cutoff: int) -> Tensor:
    """x (B, C, h, w), its frequencies within `cutoff` of zero along both sides times `low`, all others times `high`."""
    spectrum = torch.fft.fftshift(torch.fft.fftn(x.float(), dim=(-2, -1)), dim=(-2, -1))
    weight = torch.full(x.shape[-2:], high, device=x.device)
    middles = [side // 2 for side in x.shape[-2:]]
    rows, columns = (slice(m - min(cutoff, m), m + min(cutoff, m)) for m in middles)
    weight[rows, columns] = low
    return torch.fft.ifftn(torch.fft.ifftshift(spectrum * weight, dim=(-2, -1)), dim=(-2, -1)).real.to(x.dtype)
