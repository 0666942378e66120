"""Deep shrink: inner layers of a U-Net at a smaller size, so that large pictures keep one subject (kohya-ss 2023).

U-Nets as diffusers builds them. Blocks are numbered as in the original code: 0 is the first convolution.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from calotype.diffusion.resizing import resized
from calotype.diffusion.sampling.hooks import Layers
from calotype.errors import ModelError

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Block:
    """A step of the way down: what begins it, what ends it, and whether it halves the size."""

    first: nn.Module
    last: nn.Module
    halves: bool = False


@dataclass(slots=True)
class Shrink:
    """One run of the change.

    Responsibilities: the sizes that the way down passes; resizing at its block, and back on the way up.

    block: number; after_skip: whether its skip connection keeps its size; between: levels from, to; methods: for down
    and up. sigma: the level at hand.
    """

    block: int
    factor: float
    after_skip: bool
    between: tuple[float, float]
    methods: tuple[str, str]
    halves: tuple[bool, ...] = ()
    sigma: float = float("inf")
    skips: list[Size] = field(default_factory=list)
    deepest: Size = (0, 0)

    def at(self, sigma: float) -> None:
        """Be told the level of an evaluation."""
        self.sigma = sigma

    @property
    def active(self) -> bool:
        """Whether it shrinks at this level."""
        return self.between[0] >= self.sigma >= self.between[1]

    def smaller(self, size: Size) -> Size:
        """A size after the block."""
        height, width = (round(side * (1.0 / self.factor)) for side in size)
        return height, width

    def begin(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Work out the sizes of a run from what the U-Net is given; residuals that do not fit any more are left out."""
        size: Size = tuple(args[0].shape[-2:])
        self.skips = []
        for number, halves in enumerate(self.halves):
            size = ((size[0] - 1) // 2 + 1, (size[1] - 1) // 2 + 1) if halves else size
            shrunk = self.smaller(size) if self.active and number == self.block else size
            self.skips.append(size if self.after_skip else shrunk)
            size = shrunk
        self.deepest = size
        return args, self._fitting(kwargs)

    def _fitting(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        down, middle = (kwargs.get(f"{part}_block_additional_residual{s}") for part, s in (("down", "s"), ("mid", "")))
        if down is not None:
            fitting = tuple(_or_nothing(r, size) for r, size in zip(down, self.skips, strict=True))
            kwargs = kwargs | {"down_block_additional_residuals": fitting}
        if middle is not None:
            kwargs = kwargs | {"mid_block_additional_residual": _or_nothing(middle, self.deepest)}
        return kwargs

    def shrink(self, x: Tensor) -> Tensor:
        """x behind the block."""
        if not self.active:
            return x
        height, width = self.smaller((x.shape[-2], x.shape[-1]))
        return resized(x, width, height, self.methods[0])

    def grow(self, x: Tensor, skip: int) -> Tensor:
        """x as high and wide as a skip connection that it is joined with."""
        height, width = self.skips[skip]
        return x if x.shape[-2] == height else resized(x, width, height, self.methods[1])


def _or_nothing(residual: Tensor, size: Size) -> Tensor:
    """The residual if it has the size; a zero for all places where it has not."""
    return residual if tuple(residual.shape[-2:]) == size else residual.new_zeros(1, 1, 1, 1)


def way_down(module: Any) -> list[Block]:
    """The blocks of the way down. Raises ModelError for models that are no U-Net."""
    if not hasattr(module, "down_blocks") or not hasattr(module, "mid_block"):
        raise ModelError("shrinking inner layers needs a U-Net; this model is none.")
    found = [Block(module.conv_in, module.conv_in)]
    for down in module.down_blocks:
        attentions = getattr(down, "attentions", None) or down.resnets
        found += [Block(resnet, last) for resnet, last in zip(down.resnets, attentions, strict=True)]
        found += [Block(one, one, halves=True) for one in down.downsamplers or ()]
    return found


def shrinking(module: Any, shrink: Shrink) -> Callable[[], Layers]:
    """The change, for a whole run. Raises ModelError."""
    blocks = way_down(module)
    shrink.halves = tuple(block.halves for block in blocks)
    return lambda: put_on(module, blocks, shrink)


@contextmanager
def put_on(module: Any, blocks: list[Block], shrink: Shrink) -> Iterator[None]:
    """The layers changed, for as long as it is open."""
    handles = [module.register_forward_pre_hook(shrink.begin, with_kwargs=True)]
    if shrink.block < len(blocks):
        handles.append(_at_block(module, blocks, shrink))
    handles += _way_up(module, len(blocks), shrink)
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _at_block(module: Any, blocks: list[Block], shrink: Shrink) -> Any:
    """Shrink what the block gives: before its skip connection is taken, or what goes into the next block."""
    if not shrink.after_skip:
        return blocks[shrink.block].last.register_forward_hook(lambda m, a, out: _of_first(out, shrink.shrink))
    following = [*(block.first for block in blocks), module.mid_block.resnets[0]][shrink.block + 1]
    return following.register_forward_pre_hook(lambda m, args: (shrink.shrink(args[0]), *args[1:]))


def _way_up(module: Any, count: int, shrink: Shrink) -> list[Any]:
    """Grow what is joined with each skip connection, from the last to the first."""
    handles, last, skip = [], module.mid_block, count - 1
    for up in module.up_blocks:
        ends = getattr(up, "attentions", None) or up.resnets
        for end in ends:
            handles.append(last.register_forward_hook(_growing(shrink, skip)))
            last, skip = end, skip - 1
        for one in up.upsamplers or ():
            handles.append(one.register_forward_pre_hook(_sized(shrink, skip)))
            last = one
    return handles


def _growing(shrink: Shrink, skip: int) -> Callable[..., Any]:
    return lambda module, args, out: _of_first(out, lambda x: shrink.grow(x, skip))


def _sized(shrink: Shrink, skip: int) -> Callable[..., Any]:
    """An upsampler that makes what it gives as large as the next skip connection."""
    return lambda module, args: (args[0], shrink.skips[skip])


def _of_first(out: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """What a layer gave, a tensor or several, the first one changed."""
    return change(out) if isinstance(out, torch.Tensor) else (change(out[0]), *out[1:])
