"""Evaluations that are left out: where little changes, what an earlier one added to its input is added again.

EasyCache (Zhou et al. 2025), and a simpler form that looks at the guided estimate alone, as in ComfyUI. How much an
output will change is foretold from how much its input has, by the rate of the last evaluation.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

from calotype.diffusion.sampling.hooks import Guided

EVERY = 8  # which cells of a latent are looked at, along each side
Between = tuple[float, float]
"""The noise levels from which on, and above which, evaluations may be left out."""


class Foretelling:
    """Responsibilities: say whether an evaluation may be left out; learn from each that is made.

    threshold: the share of itself by which an output may have changed, in sum, since it was computed.
    """

    def __init__(self, threshold: float, between: Between) -> None:
        self._threshold = threshold
        self._start, self._end = between
        self._given: Tensor | None = None
        self._found: Tensor | None = None
        self._size: float | None = None
        self._rate: float | None = None
        self._moved: float | None = None
        self._sum = 0.0

    def past(self, sigma: float) -> bool:
        """Whether nothing is left out any more."""
        return sigma <= self._end

    def begun(self, sigma: float) -> bool:
        """Whether something may be left out already."""
        return sigma <= self._start

    def leaves_out(self, x: Tensor, sigma: float) -> bool:
        """Whether little enough has changed. Called once an evaluation."""
        self._moved = None
        if not self.begun(sigma) or self._given is None:
            return False
        if self._given.shape != sampled(x).shape:  # a sampler may let latents grow
            self._found = self._size = self._rate = None
            return False
        self._moved = distance(sampled(x), self._given)
        if self._size is None or self._rate is None:
            return False
        self._sum += self._rate * self._moved / self._size
        if self._sum < self._threshold:
            return True
        self._sum = 0.0
        return False

    def saw(self, x: Tensor, found: Tensor, size: float) -> None:
        """An evaluation was made. size: the mean size of the whole output."""
        if self._found is not None and self._moved:
            self._rate = distance(sampled(found), self._found) / self._moved
        self._given, self._found, self._size = sampled(x).clone(), sampled(found).clone(), size


def sampled(x: Tensor) -> Tensor:
    """Some cells of a latent."""
    return x[..., ::EVERY, ::EVERY]


def distance(a: Tensor, b: Tensor) -> float:
    """The mean size of the difference."""
    return float((a - b).abs().mean())


class LazyCache:
    """Leaves out whole evaluations with their guidance. A `Wrap` of one run."""

    def __init__(self, threshold: float, between: Between) -> None:
        self._foretelling = Foretelling(threshold, between)
        self._added: Guided | None = None

    def __call__(self, compute: Callable[[], Guided], x: Tensor, sigma: float) -> Guided:
        """The guided estimate, or x with what the last one added to its x, and the last negative estimate."""
        if self._foretelling.past(sigma):
            return compute()
        if self._foretelling.leaves_out(x, sigma) and self._added is not None:
            return Guided(x + self._added.estimate, self._added.negative)
        found = compute()
        self._foretelling.saw(x, found.estimate, float(found.estimate.abs().mean()))
        self._added = Guided(found.estimate - x, found.negative)
        return found


class EasyCache:
    """Leaves out the network's work for every prompt, as the first prompt of an evaluation foretells it.

    Responsibilities: what the network added for each prompt, kept for one run.
    """

    def __init__(self, threshold: float, between: Between) -> None:
        self._foretelling = Foretelling(threshold, between)
        self._added: dict[Hashable, Tensor] = {}
        self._first: Hashable | None = None
        self._open = self._skips = False

    @contextmanager
    def evaluating(self) -> Iterator[None]:
        """For as long as the sides' own estimates are computed; what patches ask beside is never left out."""
        self._open, self._skips = True, False
        try:
            yield
        finally:
            self._open = False

    def __call__(self, keys: Sequence[Hashable], x: Tensor, sigma: float, compute: Callable[[], Tensor]) -> Tensor:
        """What the network says of a batch. keys: of its prompts, in the order of their rows. See `Network`."""
        if not self._open or self._foretelling.past(sigma):
            return compute()
        if self._first is None and self._foretelling.begun(sigma):
            self._first = keys[-1]  # as ComfyUI, which batches the last one first
        leads, at = self._first in keys, slice(None)
        if leads:
            rows, place = x.shape[0] // len(keys), keys.index(self._first)
            at = slice(place * rows, (place + 1) * rows)
            self._skips = self._foretelling.leaves_out(x[at], sigma)
        if self._skips and all(key in self._added and self._added[key].shape[1:] == x.shape[1:] for key in keys):
            return x + torch.cat([self._added[key] for key in keys])
        found = compute()
        if found.shape != x.shape:  # it reads more than it says: there is nothing to add to
            return found
        self._added |= zip(keys, (found - x).chunk(len(keys)), strict=True)
        if leads:
            self._foretelling.saw(x[at], found[at], float(found.abs().mean()))
        return found
