"""Where patches of a model take part in guidance.

At each evaluation the sides' estimates are changed (`before`), combined (`combine`), and the result is changed
(`after`), in this order and in that of the patches. A patch may ask the network again, with some layers changed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from calotype.diffusion.sampling.parameterization import ModelSampling
from calotype.types import Direction

Layers = AbstractContextManager[object]
"""A change to the layers of a network, for as long as it is open."""


class Again(Protocol):
    """Asks for one side's estimate at another x, with other layers."""

    def __call__(self, side: int, x: Tensor, layers: Layers = ...) -> Tensor:
        """side: index among the conditionings."""


@dataclass(frozen=True, eq=False, slots=True)
class Sides:
    """Two estimates that are combined. index, other: which of the conditionings they are of; cfg: the scale."""

    positive: Tensor
    negative: Tensor
    cfg: float
    index: int = 0
    other: int = -1


@dataclass(frozen=True, eq=False, slots=True)
class Moment:
    """One evaluation: x, its noise level, and the network to be asked again.

    alone: whether there is no negative side; zeros stand for its estimate. whole: whether sides are wanted that a
    scale makes of no account.
    """

    x: Tensor
    sigma: float
    again: Again
    hooks: Hooks
    alone: bool = False
    whole: bool = True

    def prepared(self, estimates: Sequence[Tensor], cfg: float) -> list[Tensor]:
        """The sides' estimates as the patches change them, at least two."""
        found = [*estimates, torch.zeros_like(estimates[0])] if len(estimates) == 1 else list(estimates)
        for before in self.hooks.before:
            found = before(self, found, cfg)
        return found

    def mix(self, positive: Tensor, negative: Tensor, cfg: float, index: int = 0, other: int = -1) -> Tensor:
        """Classifier-free guidance (Ho and Salimans 2022, equation 6), as the patches change it."""
        sides = Sides(positive, negative, cfg, index, other)
        if self.hooks.combine is not None:
            return self.finish(self.hooks.combine(self, sides), sides)
        return self.finish(((positive - negative) * cfg).add_(negative), sides)  # lerp rounds otherwise

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


Wrap = Callable[[Callable[[], "Guided"], Tensor, float], "Guided"]
"""(how the guided estimate is computed, x, sigma) -> that estimate, or something in its place."""

Network = Callable[[Sequence[Hashable], Tensor, float, Callable[[], Tensor]], Tensor]
"""(what tells the prompts of a batch apart, its input, sigma, how the network's output is computed) -> that output."""


class Memory(Protocol):
    """A patch that remembers something from one run to the next."""

    def recall(self, directions: Sequence[Direction]) -> None:
        """Begin with what a latent brings."""

    def direction(self) -> Direction | None:
        """What it remembers at the end."""


@dataclass(frozen=True, eq=False, slots=True)
class Hooks:
    """What all patches of a model do, together.

    always: whether the negative side is asked for at a scale of 1 too. layers, drawing: changes that hold for the whole
    run. memories: those of the patches that have one. wraps: stand around the whole guidance; network: around the
    network's work for a batch; evaluating: open while the sides' own estimates are computed.
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
    memories: tuple[Memory, ...] = ()
    wraps: tuple[Wrap, ...] = ()
    network: tuple[Network, ...] = ()
    evaluating: tuple[Callable[[], Layers], ...] = ()

    def recall(self, directions: Sequence[Direction]) -> None:
        """Begin a run with what its latent brings."""
        for memory in self.memories:
            memory.recall(directions)

    @property
    def directions(self) -> tuple[Direction, ...]:
        """What the patches remember at the end of a run, on the CPU."""
        left = [memory.direction() for memory in self.memories]
        return tuple(replace(one, values=one.values.cpu()) for one in left if one is not None)

    def mask_over(self, sampling: ModelSampling, levels: Tensor) -> Callable[[Tensor, float], Tensor] | None:
        """The noise mask at each of these levels; None where it does not change."""
        return None if self.mask_at is None else self.mask_at(sampling, levels)


NO_HOOKS = Hooks()


class Guided(NamedTuple):
    """A guided estimate, and the negative one that it was led away from."""

    estimate: Tensor
    negative: Tensor


Scheme = Callable[[Sequence[Tensor], Moment], Guided]
"""(estimates of the sides, moment) -> the guided estimate."""


@dataclass(frozen=True, slots=True)
class Backwards:
    """A scheme whose sides go through the network from the last to the first, which is told by what patches draw."""

    scheme: Scheme

    def __call__(self, sides: Sequence[Tensor], moment: Moment) -> Guided:
        """See `Scheme`."""
        return self.scheme(sides, moment)


def as_it_is() -> Layers:
    """No change to the layers."""
    return nullcontext()


def cfg_scheme(cfg: float) -> Scheme:
    """Classifier-free guidance. A negative side that was not asked for counts as nothing."""

    def guide(sides: Sequence[Tensor], moment: Moment) -> Guided:
        positive, negative, *_ = moment.prepared(sides, cfg)
        return Guided(moment.mix(positive, negative, cfg), negative)

    return guide


def dual_scheme(cfg_first: float, cfg_second: float, nested: bool = False) -> Scheme:
    """Two positives and a negative: see `guiders.dual`. Patches act where the negative, or nested the second, leads.

    The negative is asked for first, as in ComfyUI.
    """

    def guide(sides: Sequence[Tensor], moment: Moment) -> Guided:
        first, second, negative = sides
        if nested:
            inner = moment.mix(first, second, cfg_first, other=1)
            return Guided(negative + (inner - negative) * cfg_second, second)
        if not moment.whole and math.isclose(cfg_second, 1.0):
            negative = torch.zeros_like(first)
            second = torch.zeros_like(first) if math.isclose(cfg_first, 1.0) else second
        return Guided(moment.mix(second, negative, cfg_second, index=1) + (first - second) * cfg_first, negative)

    return Backwards(guide)


def perp_neg_scheme(cfg: float, scale: float) -> Scheme:
    """Perp-Neg (Armandpour et al. 2023, equation 8): only what of the negative is perpendicular to the positive.

    sides: positive, negative, empty. The projection is over the whole batch.
    """

    def guide(sides: Sequence[Tensor], moment: Moment) -> Guided:
        if not moment.whole and math.isclose(scale, 0.0):
            sides = [sides[0], torch.zeros_like(sides[0]), sides[2]]
            moment = replace(moment, alone=True)
        positive, negative, empty = moment.prepared(sides, cfg)
        guided = perpendicular(positive, negative, empty, cfg, scale)
        return Guided(moment.finish(guided, Sides(positive, negative, cfg, other=1)), negative)

    return guide


def perpendicular(positive: Tensor, negative: Tensor, empty: Tensor, cfg: float, scale: float) -> Tensor:
    """D_empty + cfg (p - scale (n - (n p / |p|^2) p)), p and n the estimates less the empty one.

    Where a positive prompt says as little as the empty one, p is 0, and all of n counts.
    """
    p, n = positive - empty, negative - empty
    length = torch.linalg.vector_norm(p) ** 2
    across = n - (n * p).sum() / torch.where(length > 0, length, torch.ones_like(length)) * p
    return empty + cfg * (p - across * scale)
