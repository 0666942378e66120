"""Blurring, sharpening and finding edges. Tensors only."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


WHOLE = 5  # pixels: up to here a blur is one sum over a square, rounded as in ComfyUI; beyond, rows and then columns


def bell(radius: int, sigma: float) -> Tensor:
    """A normal distribution's density at -radius .. radius, adding up to 1. sigma: in radii."""
    import torch

    places = torch.linspace(-1, 1, 2 * radius + 1)
    curve = torch.exp(-(places**2) / (2 * sigma**2))
    return curve / curve.sum()


def bells(radius: int, sigma: float) -> Tensor:
    """The density of two dimensions, in a square of 2 radius + 1, adding up to 1."""
    import torch

    places = torch.linspace(-1, 1, 2 * radius + 1)
    distance = (places[:, None] ** 2 + places**2).sqrt()
    density = torch.exp(-(distance**2) / (2 * sigma**2))
    return density / density.sum()


def blurred(x: Tensor, radius: int, sigma: float) -> Tensor:
    """x (B, C, H, W), blurred; it is mirrored at its edges. sigma: the deviation, in radii."""
    from torch.nn import functional

    if radius == 0:
        return x.clone()
    if radius <= WHOLE:
        return summed(x, bells(radius, sigma))
    curve, count = bell(radius, sigma), x.shape[1]
    tall, wide = (curve.reshape(shape).expand(count, 1, *shape) for shape in ((-1, 1), (1, -1)))
    return functional.conv2d(functional.conv2d(framed(x, radius), wide, groups=count), tall, groups=count)


def summed(x: Tensor, weights: Tensor) -> Tensor:
    """The sum of the square about each place of x (B, C, H, W), weighted. weights: (2 radius + 1) squared."""
    from torch.nn import functional

    count = x.shape[1]
    return functional.conv2d(framed(x, len(weights) // 2), weights.repeat(count, 1, 1, 1), groups=count)


def framed(x: Tensor, radius: int) -> Tensor:
    """x (B, C, H, W) with as many pixels more on each side, mirrored."""
    import torch

    padded = torch.index_select(x, -1, mirrored(x.shape[-1], radius))
    return torch.index_select(padded, -2, mirrored(x.shape[-2], radius))


def mirrored(size: int, radius: int) -> Tensor:
    """Indices -radius .. size + radius - 1, folded back at both ends as often as needed."""
    import torch

    if size == 1:
        return torch.zeros(1 + 2 * radius, dtype=torch.long)
    period = 2 * (size - 1)
    places = torch.arange(-radius, size + radius) % period
    return torch.minimum(places, period - places)


def sharpened(x: Tensor, radius: int, sigma: float, amount: float) -> Tensor:
    """x (B, C, H, W) plus `amount` times what a blur takes away."""
    if not 0 < radius <= WHOLE:
        return (x + amount * (x - blurred(x, radius, sigma))).clamp(0, 1)
    weights = bells(radius, sigma) * -amount
    weights[radius, radius] = weights[radius, radius] - weights.sum() + 1.0  # in this order, as in ComfyUI
    return summed(x, weights).clamp(0, 1)


def luma(pixels: Tensor) -> Tensor:
    """The lightness (B, H, W) of pixels (B, H, W, 3 or 4), by ITU-R BT.601."""
    return pixels[..., 0] * 0.299 + pixels[..., 1] * 0.587 + pixels[..., 2] * 0.114


def canny(grey: Tensor, low: float, high: float) -> Tensor:
    """Edges (B, H, W), 0 or 1, of grey pictures (B, H, W) in 0..1.

    Canny 1986: smooth (5 x 5, deviation 1), differentiate (Sobel), thin out along the gradient, keep what is above
    `high` and what is above `low` and hangs together with it.
    """
    import torch

    smooth = blurred(grey[:, None], 2, 0.5)[:, 0]
    across, down = sobel(smooth)
    strength = (across**2 + down**2 + 1e-6).sqrt()
    thin = strength * ridge(strength, torch.atan2(down, across))
    sure, maybe = thin > high, thin > low
    return connected(sure, maybe).float()


def sobel(x: Tensor) -> tuple[Tensor, Tensor]:
    """Differences of x (B, H, W) across and down; edges are repeated outwards."""
    from torch.nn import functional

    p = functional.pad(x[:, None], (1, 1, 1, 1), mode="replicate")[:, 0]
    rows = p[:, :-2] + 2 * p[:, 1:-1] + p[:, 2:]
    columns = p[..., :-2] + 2 * p[..., 1:-1] + p[..., 2:]
    return rows[..., 2:] - rows[..., :-2], columns[:, 2:] - columns[:, :-2]


def ridge(strength: Tensor, angle: Tensor) -> Tensor:
    """Where strength (B, H, W) is above both neighbours along the angle, rounded to an eighth of a turn.

    Of two equal neighbours, as at a sharp step, one stays.
    """
    import torch
    from torch.nn import functional

    p = functional.pad(strength, (1, 1, 1, 1))
    height, width = strength.shape[-2:]
    step = (angle / (math.pi / 4)).round().long() % 4
    out = torch.zeros_like(strength)
    for i, (dy, dx) in enumerate(((0, 1), (1, 1), (1, 0), (1, -1))):
        ahead = p[:, 1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width]
        behind = p[:, 1 - dy : 1 - dy + height, 1 - dx : 1 - dx + width]
        out[(step == i) & (strength > ahead) & (strength >= behind)] = 1
    return out


def connected(sure: Tensor, maybe: Tensor) -> Tensor:
    """What of `maybe` (B, H, W) is reached from `sure` by steps to the eight neighbours."""
    from torch.nn import functional

    found = sure
    while True:
        wider = functional.max_pool2d(found.float()[:, None], 3, 1, 1)[:, 0].bool() & maybe | sure
        if bool((wider == found).all()):
            return found
        found = wider
