"""Ways to combine the estimates of several conditionings into one.

A guider takes the sides' estimates (the positive first, the negative last), x and sigma. `cfg` is the guidance scale.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Guider = Callable[[Sequence[Tensor], Tensor, float], Tensor]
"""(estimates of the clean latent, x, sigma) -> the guided estimate."""


def classifier_free(cfg: float) -> Guider:
    """D_neg + cfg (D_pos - D_neg). Ho and Salimans 2022, equation 6."""
    return lambda sides, x, sigma: sides[-1].lerp(sides[0], cfg)


def dual(cfg_first: float, cfg_second: float, nested: bool = False) -> Guider:
    """Two positives and a negative (InstructPix2Pix, Brooks et al. 2023, equation 3).

    D_neg + cfg_second (D_2 - D_neg) + cfg_first (D_1 - D_2); nested: the second scale applies to the mixture of both.
    """

    def guide(sides: Sequence[Tensor], x: Tensor, sigma: float) -> Tensor:
        first, second, negative = sides
        if nested:
            return negative.lerp(second.lerp(first, cfg_first), cfg_second)
        return negative.lerp(second, cfg_second).add(first - second, alpha=cfg_first)

    return guide


def rescaled(cfg: float, share: float = 0.7) -> Guider:
    """Classifier-free guidance with the deviation of the positive prediction. Lin et al. 2023, equations 15 and 16.

    On v-predictions, for which it was made. share: of the rescaled prediction in the result, 0 to 1. Estimates are
    taken as ComfyUI takes them, from their distance to x: its rounding is seen where x is thousands of times larger.
    """

    def guide(sides: Sequence[Tensor], x: Tensor, sigma: float) -> Tensor:
        scale, mean = sigma / math.sqrt(sigma**2 + 1), x / (sigma**2 + 1)
        positive, negative = ((mean - (x - (x - side))) / scale for side in (sides[0], sides[-1]))
        guided = negative.lerp(positive, cfg)
        dims = tuple(range(1, x.ndim))
        ratio = positive.std(dims, keepdim=True) / guided.std(dims, keepdim=True)
        return x - (x - (mean - guided * (1 - share + share * ratio) * scale))

    return guide


def projected(cfg: float, eta: float = 1.0, limit: float = 5.0, momentum: float = 0.0) -> Guider:
    """Adaptive projected guidance. Sadat et al. 2024, algorithm 1: D_pos + (cfg - 1) (orthogonal + eta parallel).

    The direction D_pos - D_neg is accumulated with `momentum`, cut to the norm `limit` (0 for none) and split along
    D_pos. One guider serves one run, for it remembers the direction.
    """
    direction: list[Tensor] = []

    def guide(sides: Sequence[Tensor], x: Tensor, sigma: float) -> Tensor:
        positive = sides[0]
        dims = tuple(range(1, x.ndim))
        moved = positive - sides[-1] + (momentum * direction[-1] if direction else 0)
        direction[:] = [moved]
        if limit > 0:
            norm = torch.linalg.vector_norm(moved, dim=dims, keepdim=True)
            moved = moved * (limit / norm).clamp(max=1)
        unit = positive.double() / torch.linalg.vector_norm(positive.double(), dim=dims, keepdim=True)
        parallel = ((moved.double() * unit).sum(dims, keepdim=True) * unit).to(x.dtype)
        return positive.add(moved - parallel + eta * parallel, alpha=cfg - 1)

    return guide
