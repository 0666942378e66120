"""Self-attention in tiles: HyperTile (tfernd 2023). U-Nets as diffusers builds them.

What ComfyUI computes is computed here, its peculiarities with it: the queries of a tile attend to a run of as many
tokens in reading order, not to their own tile, and of pictures that are no squares both sides change places.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from calotype.diffusion.sampling.hooks import Layers
from calotype.errors import ModelError

CELL = 8  # pixels
LEAST = 32  # pixels a side, of a tile


@dataclass(slots=True)
class Picture:
    """What is known of the latents that run: their height and width in cells."""

    height: int = 0
    width: int = 0

    def see(self, module: Any, given: tuple[Any, ...]) -> None:
        """Look at what a U-Net is given."""
        self.height, self.width = given[0].shape[-2:]


@dataclass(frozen=True, slots=True)
class Tiling:
    """How tiles are chosen. size: the least, in cells; choices: of how many sizes; depth: levels below the first;
    larger: whether tiles are as many cells at every level. generator: chooses.
    """

    size: int
    choices: int
    depth: int
    larger: bool
    generator: torch.Generator

    def of(self, tokens: int, picture: Picture) -> tuple[int, int, int, int]:
        """Tiles along the first and second side, and both sides in tokens; one tile where there is nothing to do."""
        cells = [(picture.height / 2**i) * (picture.width / 2**i) for i in range(self.depth + 1)]
        if tokens not in cells:
            return 1, 1, 0, 0
        proportion = picture.width / picture.height
        first, second = round(math.sqrt(tokens * proportion)), round(math.sqrt(tokens / proportion))
        size = self.size * (2 ** cells.index(tokens) if self.larger else 1)
        return self._count(first, size), self._count(second, size), first, second

    def _count(self, side: int, size: int) -> int:
        """Into how many tiles a side is cut."""
        sizes = [n for n in range(min(size, side), side + 1) if side % n == 0][: self.choices]
        if len(sizes) == 1:
            return side // sizes[0]
        return side // sizes[int(torch.randint(0, len(sizes) - 1, (1,), generator=self.generator))]


def tiled(module: Any, size: int, choices: int, depth: int, larger: bool) -> Callable[[torch.Generator], Layers]:
    """All self-attentions in tiles of at least `size` pixels a side, for a whole run. Raises ModelError."""
    found = self_attentions(module)
    cells = max(LEAST, size) // CELL
    return lambda generator: put_in_tiles(module, found, Tiling(cells, choices, depth, larger, generator))


def self_attentions(module: Any) -> list[Any]:
    """Every self-attention of a U-Net. Raises ModelError for models that are none."""
    if not hasattr(module, "mid_block"):
        raise ModelError("attention in tiles, or with merged tokens, needs a U-Net; this model is none.")
    return [part for name, part in module.named_modules() if name.endswith(".attn1")]


@contextmanager
def put_in_tiles(module: Any, attentions: list[Any], tiling: Tiling) -> Iterator[None]:
    """The attentions in tiles, for as long as it is open."""
    picture = Picture()
    seeing = module.register_forward_pre_hook(picture.see)
    before = [attention.processor for attention in attentions]
    for attention, usual in zip(attentions, before, strict=True):
        attention.processor = _processor(usual, tiling, picture)
    try:
        yield
    finally:
        seeing.remove()
        for attention, usual in zip(attentions, before, strict=True):
            attention.processor = usual


def _processor(usual: Callable[..., Tensor], tiling: Tiling, picture: Picture) -> Callable[..., Tensor]:
    def attend(attn: Any, hidden_states: Tensor, *args: Any, **more: Any) -> Tensor:
        down, across, first, second = tiling.of(hidden_states.shape[1], picture)
        if down * across == 1:
            return usual(attn, hidden_states, *args, **more)
        rows = (first // down, second // across)
        query = hidden_states.unflatten(1, (down, rows[0], across, rows[1])).transpose(2, 3).flatten(3, 4)
        out = attended(attn, query.flatten(0, 2), hidden_states, down * across)
        out = out.unflatten(0, (-1, down, across)).unflatten(3, rows)
        return out.transpose(2, 3).flatten(1, 4)

    return attend


def attended(attn: Any, queries: Tensor, hidden: Tensor, parts: int = 1) -> Tensor:
    """Attention of queries (B parts, N, D) to hidden (B, parts M, D), cut into runs of M; (B parts, N, D)."""
    runs = hidden.unflatten(1, (parts, -1)).flatten(0, 1)
    q, k, v = (
        to(x).unflatten(-1, (attn.heads, -1)).transpose(1, 2)
        for to, x in ((attn.to_q, queries), (attn.to_k, runs), (attn.to_v, runs))
    )
    out: Tensor = functional.scaled_dot_product_attention(q, k, v)
    return attn.to_out[1](attn.to_out[0](out.transpose(1, 2).flatten(2)))
