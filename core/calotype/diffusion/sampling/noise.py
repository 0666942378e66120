"""Noise that depends on the seed and on nothing else: not on the device, not on global state, not on the batch.

All of it is drawn on the CPU in float32, for the whole batch that a latent belongs to; then the rows of the images at
hand are taken. So image k of a batch drawn alone has the noise that it has in the batch. A latent that is `apart` is
the exception: see `calotype.types.Latent`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from calotype.diffusion.sampling.terms import Noise
from calotype.types import MAX_SEED, Latent

TREE_DIGITS = 6  # to which a Brownian tree rounds the ends of its interval


@dataclass(frozen=True, slots=True)
class Draws:
    """The noise of one run.

    seed: 0 to 2**64 - 1; shape: of the latents at hand, (B, C, ...); total: images in the batch that they belong to;
    rows: which of those they are, None for all; device: where the noise is wanted. apart: whether the first noise is
    drawn image by image, which is other noise where an image has no multiple of 16 numbers, and later noise for these
    alone.
    """

    seed: int
    shape: tuple[int, ...]
    total: int
    rows: tuple[int, ...] | None
    device: torch.device
    apart: bool = False

    @classmethod
    def of(cls, latent: Latent, shape: Sequence[int], seed: int, device: torch.device) -> Draws:
        """The draws for a latent whose samples, in the model's units, have `shape`."""
        rows = latent.indices
        if rows is not None and len(rows) != shape[0]:
            rows = tuple(rows[i % len(rows)] for i in range(shape[0]))
        total = max([latent.total or 0, shape[0] if rows is None else max(rows) + 1])
        rows = rows or (None if total == shape[0] else tuple(range(shape[0])))
        return cls(seed, tuple(shape), total, rows, device, latent.apart)

    def initial(self, offset: int = 0) -> Tensor:
        """The first noise of the generator seeded with seed + offset."""
        if self.apart and not offset:
            return self._one_by_one(self._generator(0)).to(self.device)
        return self._taken(self._batch(self._generator(offset)))

    def rest(self) -> torch.Generator:
        """The generator of the first noise, behind it: what else is drawn in a run comes from there."""
        generator = self._generator(0)
        self._one_by_one(generator) if self.apart else self._batch(generator)
        return generator

    def white(self) -> Noise:
        """Independent noise for every step, from a generator of its own seeded with the seed."""
        generator = self._generator(0)
        return lambda sigma, following: self._taken(self._batch(generator))

    def brownian(self, sigmas: Tensor) -> Noise:
        """Increments of one Brownian path over the levels, scaled to unit variance.

        The noise between two levels is the same however many steps lie between (k-diffusion; Li et al. 2020,
        section 4, the virtual Brownian tree of torchsde).
        """
        import torchsde

        low, high = sigmas[sigmas > 0].min().cpu(), sigmas.max().cpu()
        if low == high:
            return self.white()
        tree = torchsde.BrownianTree(low, torch.zeros(self._count, *self.shape[1:]), high, entropy=self.seed)
        first, last = round(float(low), TREE_DIGITS), round(float(high), TREE_DIGITS)

        def increment(sigma: float, following: float) -> Tensor:
            start, end = max(following, first), min(sigma, last)
            return self._taken(tree(start, end) * (-1 / math.sqrt(sigma - following)))

        return increment

    def _generator(self, offset: int) -> torch.Generator:
        return torch.Generator().manual_seed((self.seed + offset) % (MAX_SEED + 1))

    @property
    def _count(self) -> int:
        """How many images noise is drawn for."""
        return self.shape[0] if self.apart else self.total

    def _batch(self, generator: torch.Generator) -> Tensor:
        return torch.randn(self._count, *self.shape[1:], generator=generator)

    def _one_by_one(self, generator: torch.Generator) -> Tensor:
        rows = self.rows or tuple(range(self.shape[0]))
        drawn = [torch.randn(1, *self.shape[1:], generator=generator) for _ in range(max(rows) + 1)]
        return torch.cat([drawn[row] for row in rows])

    def _taken(self, batch: Tensor) -> Tensor:
        kept = batch if self.rows is None or self.apart else batch[list(self.rows)]
        return kept.to(self.device)
