"""Large pictures in tiles that overlap and are blended: bounded memory for the same result, nearly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import torch
from torch import Tensor

Map = Callable[[Tensor], Tensor]
Spans = list[tuple[int, int]]


def tiled(x: Tensor, function: Map, tile: tuple[int, int], overlap: int, scale: float, channels: int) -> Tensor:
    """`function` over tiles of x, blended linearly where they overlap.

    x: (B, C, h, w); function: (1, C, a, b) to (1, channels, a * scale, b * scale); tile, overlap: in cells of x.
    Returns (B, channels, h * scale, w * scale), float32, on x's device.
    """
    sides = [round(n * scale) for n in x.shape[2:]]
    total = x.new_zeros(len(x), channels, *sides, dtype=torch.float32)
    for image, out in zip(x.split(1), total.split(1), strict=True):
        weight = torch.zeros_like(out)
        alone = all(n <= t for n, t in zip(x.shape[2:], tile, strict=True))
        for (top, height), (left, width) in spans(tuple(x.shape[2:]), tile, overlap):
            done = function(image[:, :, top : top + height, left : left + width]).to(out)
            mask = torch.ones_like(done) if alone else feathered(done, round(overlap * scale))
            row, column = round(top * scale), round(left * scale)
            place = (..., slice(row, row + done.shape[2]), slice(column, column + done.shape[3]))
            out[place] += done * mask
            weight[place] += mask
        out.div_(weight)
    return total


def spans(sides: tuple[int, ...], tile: tuple[int, int], overlap: int) -> Iterator[tuple[tuple[int, int], ...]]:
    """Where tiles begin and how long they are, along both sides; the last ones may be shorter."""
    along: list[Spans] = []
    for side, length in zip(sides, tile, strict=True):
        starts = range(0, side - overlap, length - overlap) if side > length else [0]
        along.append([(start, min(length, side - start)) for start in starts])
    return product(*along)


def feathered(like: Tensor, width: int) -> Tensor:
    """A mask of `like`'s shape that rises from 1 / width to 1 over `width` cells from each edge."""
    mask = torch.ones_like(like)
    for axis in (2, 3):
        side = like.shape[axis]
        if 0 < width < side:
            rise = (torch.arange(side, device=like.device, dtype=like.dtype) + 1).div(width).clamp(max=1)
            shape = [-1 if a == axis else 1 for a in range(4)]
            mask = mask * (rise * rise.flip(0)).view(shape)
    return mask


def three_ways(x: Tensor, function: Map, tile: int, overlap: int, scale: float, channels: int) -> Tensor:
    """The mean over square, tall and wide tiles, so that no seam is in all of them. Arguments as in `tiled`."""
    shapes = ((tile, tile), (tile * 2, tile // 2), (tile // 2, tile * 2))
    return sum((tiled(x, function, shape, overlap, scale, channels) for shape in shapes), torch.zeros(())) / len(shapes)
