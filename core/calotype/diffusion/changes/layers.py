"""Skip-layer guidance: a transformer asked again without some of its blocks, and led away from that."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

from calotype.diffusion.changes.guidance import within
from calotype.diffusion.sampling.hooks import After, Before, Moment, Sides
from calotype.errors import ModelError

DOUBLE = ("transformer_blocks", "joint_transformer_blocks", "layers", "blocks")
SINGLE = ("single_transformer_blocks",)
ONE_STREAM = frozenset({"layers", "blocks"})

Skipped = tuple[Any, Callable[..., Any]]
"""A block, and what stands for it."""


def blocks_of(module: nn.Module, names: Sequence[str], indices: Sequence[int]) -> list[Skipped]:
    """The blocks of a transformer by their numbers; numbers beyond the last are passed over."""
    found = next((name for name in names if hasattr(module, name)), "")
    row = getattr(module, found, ())
    passing = passing_one if found in ONE_STREAM else passing_two
    return [(row[i], passing) for i in indices if i < len(row)]


def skipped_blocks(module: nn.Module, double: str, single: str) -> list[Skipped]:
    """The blocks that lists such as "7, 8, 9" name: those of two streams, and those of one.

    Raises ModelError where the model is no transformer.
    """
    if not any(hasattr(module, name) for name in DOUBLE):
        raise ModelError("guidance by skipped layers needs a transformer; this model is a U-Net.")
    return blocks_of(module, DOUBLE, numbers(double)) + blocks_of(module, SINGLE, numbers(single))


def numbers(text: str) -> list[int]:
    """The whole numbers in a text."""
    return [int(n) for n in re.findall(r"\d+", text)]


@contextmanager
def without(blocks: Sequence[Skipped]) -> Iterator[None]:
    """The blocks giving back what they are given, for as long as it is open."""
    for block, passing in blocks:
        block.forward = passing
    try:
        yield
    finally:
        for block, _ in blocks:
            del block.forward  # the class's own again


def passing_two(hidden_states: Tensor, encoder_hidden_states: Tensor, *args: Any, **more: Any) -> Any:
    """A block that changes nothing: as diffusers' blocks of pictures and texts give it, the text first."""
    return encoder_hidden_states, hidden_states


def passing_one(hidden_states: Tensor, *args: Any, **more: Any) -> Any:
    """A block that changes nothing, of a transformer with one stream."""
    return hidden_states


def skip_guidance(blocks: Sequence[Skipped], scale: float, start: float, end: float, rescaling: float = 0.0) -> After:
    """D + scale (D_pos - D_pos without the blocks) while start >= sigma >= end. After Ahn et al. 2024.

    rescaling: share of the deviation of D_pos in the result; over the batch.
    """

    def change(moment: Moment, guided: Tensor, sides: Sides) -> Tensor:
        if not blocks or scale <= 0 or not within(moment.sigma, start, end):
            return guided
        guided = guided + (sides.positive - moment.again(sides.index, moment.x, without(blocks))) * scale
        if rescaling:
            guided = guided * (rescaling * (sides.positive.std() / guided.std()) + (1 - rescaling))
        return guided

    return change


def skip_negative(blocks: Sequence[Skipped], start: float, end: float) -> Before:
    """The negative side alone without the blocks, while start >= sigma >= end."""

    def change(moment: Moment, estimates: list[Tensor], cfg: float) -> list[Tensor]:
        if len(estimates) > 2 or moment.alone or not blocks or not within(moment.sigma, start, end):
            return estimates
        return [*estimates[:-1], moment.again(-1, moment.x, without(blocks))]

    return change
