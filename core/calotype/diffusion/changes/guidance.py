"""Guidance on estimates: what a patch does to D(x; sigma) of the sides, or to what they come to.

Everything here is, or makes, a `Before`, `Combine` or `After` of `sampling.hooks`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from calotype.diffusion.sampling.guiders import rescaled
from calotype.diffusion.sampling.hooks import After, Combine, Moment, Sides
from calotype.types import Direction

TINY = 1e-8


def rescale(share: float) -> Combine:
    """Classifier-free guidance with the deviation of the positive prediction; see `guiders.rescaled`."""
    return lambda moment, sides: rescaled(sides.cfg, share)((sides.positive, sides.negative), moment.x, moment.sigma)


def renorm(limit: float, until: float) -> Combine:
    """Lumina's guidance: its norm at most `limit` times that of the positive estimate; none at sigma >= `until`.

    limit: 0 for no limit. Of each image by itself.
    """

    def combine(moment: Moment, sides: Sides) -> Tensor:
        if moment.sigma >= until:
            return sides.positive
        guided = sides.negative + sides.cfg * (sides.positive - sides.negative)
        if limit <= 0:
            return guided
        most, norm = _norm(sides.positive) * limit, _norm(guided)
        return torch.where(norm >= most, guided * (most / norm), guided)

    return combine


class Projection:
    """Adaptive projected guidance (Sadat et al. 2024, algorithm 1), on the positive estimate: a `Before`.

    The direction D_pos - D_neg is accumulated with `momentum`, cut to the norm `limit` (0 for none), and its part along
    D_pos counts `eta` times. A run that begins at a higher level than the last forgets the direction; one that goes on
    below it keeps it, as one run over all levels would. of: the name of its directions.
    """

    def __init__(self, eta: float, limit: float, momentum: float, of: str = "") -> None:
        self.of = of
        self._eta, self._limit, self._momentum = eta, limit, momentum
        self._past: Direction | None = None

    def recall(self, directions: Sequence[Direction]) -> None:
        """Remember the one of its name."""
        self._past = next((one for one in directions if one.of == self.of), None)

    def direction(self) -> Direction | None:
        """What it remembers now."""
        return self._past

    def __call__(self, moment: Moment, estimates: list[Tensor], cfg: float) -> list[Tensor]:
        """The estimates, the positive one moved."""
        positive, negative = estimates[:2]
        moved = direction = self._accumulated(positive - negative, moment.sigma)
        if self._limit > 0:
            moved = direction * (self._limit / _norm(direction, 3)).clamp(max=1)
        unit = torch.nn.functional.normalize(positive, dim=(-1, -2, -3))  # type: ignore[arg-type]
        along = (moved * unit).sum((-1, -2, -3), keepdim=True) * unit
        guided = negative + (moved - along + self._eta * along) + (positive - negative) / cfg
        return [guided, negative, *estimates[2:]]

    def _accumulated(self, direction: Tensor, sigma: float) -> Tensor:
        if not self._momentum:
            return direction
        past = self._past
        if past is not None and sigma <= past.sigma and _broadcasts(past.values, direction):
            direction = self._momentum * past.values.to(direction) + direction
        self._past = Direction(self.of, sigma, direction)
        return direction


def _broadcasts(a: Tensor, b: Tensor) -> bool:
    """Whether a has the shape of b, or a single row for all of its rows."""
    return a.shape[1:] == b.shape[1:] and a.shape[0] in (1, b.shape[0])


def damp_tangent(moment: Moment, estimates: list[Tensor], cfg: float) -> list[Tensor]:
    """Tangential damping (Kwon et al. 2025): of the negative score only what lies along the first singular vector."""
    if moment.alone:
        return estimates
    scores = [(moment.x - e).flatten(1).float() for e in estimates[:2]]
    _, _, rows = torch.linalg.svd(torch.stack([scores[1], scores[0]], dim=1), full_matrices=False)
    first = rows[:, 0]
    kept = (scores[1] * first).sum(1, keepdim=True) * first
    return [estimates[0], moment.x - kept.view_as(estimates[1]).to(moment.x.dtype), *estimates[2:]]


def zero_star(moment: Moment, guided: Tensor, sides: Sides) -> Tensor:
    """CFG-Zero* (Fan et al. 2025, equation 9): the negative scaled to the positive by least squares, per image."""
    positive, negative = moment.x - sides.positive, moment.x - sides.negative
    dims = tuple(range(1, moment.x.ndim))
    best = (positive * negative).sum(dims, keepdim=True) / ((negative**2).sum(dims, keepdim=True) + TINY)
    return guided + sides.negative * (best - 1.0) + sides.cfg * sides.negative * (1.0 - best)


def normed(strength: float) -> After:
    """The guided estimate with a norm, over channels, of at most that of the positive one; times `strength`."""

    def change(moment: Moment, guided: Tensor, sides: Sides) -> Tensor:
        most, norm = (torch.linalg.vector_norm(e, dim=1, keepdim=True) for e in (sides.positive, guided))
        return guided * (most / (norm + TINY)).clamp(0.0, 1.0) * strength

    return change


def towards_positive(moment: Moment, guided: Tensor, sides: Sides) -> Tensor:
    """The guided estimate, led towards cfg D_pos by how far both sides disagree. The mean is over the batch."""
    leap = sides.positive * sides.cfg
    other, merged = (e.abs().sqrt() * e.sign() for e in (sides.negative * sides.cfg, (leap + guided) / 2))
    alike = 2 * (torch.nn.functional.cosine_similarity(other, merged).mean() + 1)
    return (alike * guided + (4 - alike) * leap) / 4


def _norm(x: Tensor, last: int = 0) -> Tensor:
    """The norm of each image, over all dimensions but the first, or over the `last` ones."""
    dims = tuple(range(-last, 0)) if last else tuple(range(1, x.ndim))
    return torch.linalg.vector_norm(x, dim=dims, keepdim=True)


def within(sigma: float, start: float, end: float) -> bool:
    """Whether a level is in a part of the schedule."""
    return start >= sigma >= end and not math.isnan(sigma)


def noise_scaled(factor: float) -> After:
    """Epsilon scaling (Ning et al. 2024, equation 16): the predicted noise divided by `factor`, at all levels alike."""
    return lambda moment, guided, sides: moment.x - (moment.x - guided) / factor


def cfg_along_batch(least: float, there_and_back: bool = False) -> Combine:
    """A scale that goes from `least` to cfg over the images of a batch, in even steps; or up to it and back again."""

    def combine(moment: Moment, sides: Sides) -> Tensor:
        count = len(sides.positive)
        share = torch.linspace(0, 1, count, device=moment.x.device)
        if there_and_back:
            scale = 2 * (share - torch.floor(share + 0.5)).abs() * (sides.cfg - least) + least
        else:
            scale = torch.linspace(least, sides.cfg, count, device=moment.x.device)
        scale = scale.view(-1, *[1] * (moment.x.ndim - 1)).to(moment.x.dtype)
        return sides.negative + scale * (sides.positive - sides.negative)

    return combine
