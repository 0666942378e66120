"""Where patches of a model take part in guidance.

At each evaluation the sides' estimates are changed (`before`), combined (`combine`), and the result is changed
(`after`), in this order and in that of the patches. A patch may ask the network again, with some layers changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from calotype.diffusion.sampling.parameterization import ModelSampling

Layers = AbstractContextManager[object]
"""A change to the layers of a network, for as long as it is open."""


class Again(Protocol):
    """Asks for one side's estimate at another x, with other layers."""

    def __call__(self, side: int, x: Tensor, layers: Layers = ...) -> Tensor:
        """side: index among the conditionings."""


@dataclass(frozen=True, eq=False, slots=True)
class Sides:
    """Two estimates that are combined. index: of the positive one among the conditionings; cfg: the scale."""

    positive: Tensor
    negative: Tensor
    cfg: float
    index: int = 0


@dataclass(frozen=True, eq=False, slots=True)
class Moment:
    """One evaluation: x, its noise level, and the network to be asked again.

    alone: whether there is no negative side; zeros stand for its estimate.
    """

    x: Tensor
    sigma: float
    again: Again
    hooks: Hooks
    alone: bool = False

    def mix(self, positive: Tensor, negative: Tensor, cfg: float, index: int = 0) -> Tensor:
        """Classifier-free guidance (Ho and Salimans 2022, equation 6), as the patches change it."""
        sides = Sides(positive, negative, cfg, index)
        mixed = negative.lerp(positive, cfg) if self.hooks.combine is None else self.hooks.combine(self, sides)
        return self.finish(mixed, sides)

    def finish(self, guided: Tensor, sides: Sides) -> Tensor:
        """The guided estimate as the patches leave it."""
        for after in self.hooks.after:
            guided = after(self, guided, sides)
        return guided


Before = Callable[[Moment, list[Tensor], float], list[Tensor]]
"""(moment, the sides' estimates, cfg) -> estimates."""

Combine = Callable[[Moment, Sides], Tensor]

After = Callable[[Moment, Tensor, Sides], Tensor]

MaskAt = Callable[[ModelSampling, Tensor], Callable[[Tensor, float], Tensor]]
"""From the levels of a run to (noise mask, sigma) -> the mask at that level."""

Drawing = Callable[[torch.Generator], Layers]
"""A change to the layers that draws: from a generator that goes on behind the first noise of the run."""

Told = Callable[[float], None]
"""Told, before the network runs, the noise level."""

Watch = Callable[[Sequence[int]], None]
"""Told, before the network runs, which side each part of the batch belongs to."""


@dataclass(frozen=True, eq=False, slots=True)
class Hooks:
    """What all patches of a model do, together.

    always: whether the negative side is asked for at a scale of 1 too. layers, drawing: changes that hold for the whole
    run.
    """

    before: tuple[Before, ...] = ()
    combine: Combine | None = None
    after: tuple[After, ...] = ()
    layers: tuple[Callable[[], Layers], ...] = ()
    drawing: tuple[Drawing, ...] = ()
    watch: tuple[Watch, ...] = ()
    told: tuple[Told, ...] = ()
    mask_at: MaskAt | None = None
    always: bool = False

    def mask_over(self, sampling: ModelSampling, levels: Tensor) -> Callable[[Tensor, float], Tensor] | None:
        """The noise mask at each of these levels; None where it does not change."""
        return None if self.mask_at is None else self.mask_at(sampling, levels)


NO_HOOKS = Hooks()

Scheme = Callable[[Sequence[Tensor], Moment], Tensor]
"""(estimates of the sides, moment) -> the guided estimate."""


def as_it_is() -> Layers:
    """No change to the layers."""
    return nullcontext()


def cfg_scheme(cfg: float) -> Scheme:
    """Classifier-free guidance. A negative side that was not asked for counts as nothing."""

    def guide(sides: Sequence[Tensor], moment: Moment) -> Tensor:
        return moment.mix(sides[0], sides[-1] if len(sides) > 1 else torch.zeros_like(sides[0]), cfg)

    return guide


def dual_scheme(cfg_first: float, cfg_second: float, nested: bool = False) -> Scheme:
    """Two positives and a negative: see `guiders.dual`."""

    def guide(sides: Sequence[Tensor], moment: Moment) -> Tensor:
        first, second, negative = sides
        if nested:
            return moment.mix(moment.mix(first, second, cfg_first), negative, cfg_second)
        return moment.mix(second, negative, cfg_second, index=1).add(first - second, alpha=cfg_first)

    return guide


def perp_neg_scheme(cfg: float, scale: float) -> Scheme:
    """Perp-Neg (Armandpour et al. 2023, equation 8): only what of the negative is perpendicular to the positive.

    sides: positive, negative, empty. The projection is over the whole batch.
    """

    def guide(sides: Sequence[Tensor], moment: Moment) -> Tensor:
        return moment.finish(perpendicular(sides[0], sides[1], sides[2], cfg, scale), Sides(sides[0], sides[1], cfg))

    return guide


def perpendicular(positive: Tensor, negative: Tensor, empty: Tensor, cfg: float, scale: float) -> Tensor:
    """D_empty + cfg (p - scale (n - (n p / |p|^2) p)), p and n the estimates less the empty one."""
    p, n = positive - empty, negative - empty
    across = n - ((n * p).sum() / torch.linalg.vector_norm(p) ** 2) * p
    return empty + cfg * (p - across * scale)
