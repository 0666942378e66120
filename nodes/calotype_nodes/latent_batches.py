"""Nodes that put latents together into batches and take them apart; every image keeps the noise it would have had."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from calotype.node import Input, Node
from calotype.types import Direction, Latent
from calotype_nodes.batches import fitted

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

Draws = Literal["together", "apart"]
"""Whether the noise of images is that of their whole batch, or drawn image by image; see `Latent.apart`."""


class LatentBatch(Node, category="latent/batch"):
    """Put latents behind one another in one batch; each part draws the noise that it would draw alone."""

    latents: tuple[Latent, ...] = Input(least=1)
    masks: Literal["own", "first"] = Input(default="own", doc="Which noise mask counts: each part's, or the first's.")
    draws: Draws = Input(default="together", doc="apart: noise image by image, and later noise for these alone.")

    def run(self) -> Latent:
        """Join them; others are scaled to the size of the first."""
        import torch

        first = self.latents[0].samples
        samples = [first, *(fitted(one.samples, first) for one in self.latents[1:])]
        indices = tuple(i for one in self.latents for i in indices_of(one))
        mask = joined_masks(self.latents) if self.masks == "own" else self.latents[0].noise_mask
        return Latent(torch.cat(samples), mask, indices, max(map(total_of, self.latents)), self.draws == "apart")


class LatentFromBatch(Node, category="latent/batch"):
    """Take images out of a batch of latents; each keeps the noise it has in the whole batch."""

    latent: Latent
    first: int = Input(default=0, ge=0, le=4095)
    count: int = Input(default=1, ge=1, le=4096)
    draws: Draws = Input(default="together", doc="apart: noise image by image, and later noise for these alone.")

    def run(self) -> Latent:
        """Cut them out; a range that leaves the batch ends with it."""
        whole = self.latent
        size = whole.samples.shape[0]
        first = min(self.first, size - 1)
        part = slice(first, min(first + self.count, size))
        mask = whole.noise_mask
        if mask is not None and mask.shape[0] > 1:
            mask = repeated(mask, size)[part].clone()
        apart, left = self.draws == "apart", directions(whole, lambda x: x[part].clone())
        return Latent(whole.samples[part].clone(), mask, indices_of(whole)[part], total_of(whole), apart, left)


class RepeatLatentBatch(Node, category="latent/batch"):
    """Repeat a batch of latents; every copy draws noise of its own."""

    latent: Latent
    times: int = Input(default=1, ge=1, le=4096)

    def run(self) -> Latent:
        """Copy them, whole batch by whole batch."""
        one, times = self.latent, self.times
        mask = one.noise_mask
        if mask is not None and mask.shape[0] > 1:
            mask = repeated(mask, one.samples.shape[0]).repeat(times, 1, 1)
        samples, left = copies(one.samples, times), directions(one, lambda x: copies(x, times))
        if one.indices is None:
            return Latent(samples, mask, directions=left)
        step = max(one.indices) - min(one.indices) + 1
        indices = tuple(i + n * step for n in range(times) for i in one.indices)
        return Latent(samples, mask, indices, max(total_of(one), max(indices) + 1), one.apart, left)


def copies(x: Tensor, times: int) -> Tensor:
    """A batch several times, one whole batch behind the other."""
    return x.repeat(times, *[1] * (x.ndim - 1))


def directions(latent: Latent, part: Callable[[Tensor], Tensor]) -> tuple[Direction, ...]:
    """What is remembered of the images that are left."""
    count = latent.samples.shape[0]
    kept = (one for one in latent.directions if one.values.shape[0] == count)
    return tuple(replace(one, values=part(one.values)) for one in kept)


def indices_of(latent: Latent) -> tuple[int, ...]:
    """Which images of their batch these are."""
    return latent.indices or tuple(range(latent.samples.shape[0]))


def total_of(latent: Latent) -> int:
    """The size of their batch."""
    return latent.total or latent.samples.shape[0]


def repeated(x: Tensor, count: int) -> Tensor:
    """x with `count` rows: cut, or repeated in turn."""
    import torch

    return x if x.shape[0] == count else x[torch.arange(count) % x.shape[0]]


def joined_masks(latents: tuple[Latent, ...]) -> Tensor | None:
    """The noise masks of all, one for each image, of the largest size; None where none has any."""
    import torch

    masks = [one.noise_mask for one in latents]
    there = [m for m in masks if m is not None]
    if not there:
        return None
    largest = max(there, key=lambda m: m.shape[-1] * m.shape[-2])
    every = []
    for one, mask in zip(latents, masks, strict=True):
        count = one.samples.shape[0]
        whole = torch.ones(1, *largest.shape[-2:]) if mask is None else fitted(mask[:, None], largest[:, None])[:, 0]
        every.append(repeated(whole, count))
    return torch.cat(every)
