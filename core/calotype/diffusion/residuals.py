"""What ControlNets add inside transformers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from torch import Tensor

Place = Callable[[int, int, int], int]
"""(block, blocks in all, residuals) -> which of the residuals is added behind that block."""


@dataclass(frozen=True, eq=False, slots=True)
class BlockResiduals:
    """What is added after the blocks of a transformer, in order; fewer than it has blocks are spread evenly.

    blocks: after those that keep text and image apart, (B, N, D) each; single: after those that join them (FLUX).
    others: what further ControlNets add that have other numbers of blocks.
    """

    blocks: tuple[Tensor, ...] = ()
    single: tuple[Tensor, ...] = ()
    others: tuple[BlockResiduals, ...] = ()

    def __add__(self, other: BlockResiduals) -> BlockResiduals:
        """Several ControlNets at work together; one that says nothing of some blocks leaves them to the other."""
        apart: list[BlockResiduals] = []
        for one in (self, *self.others, other, *other.others):
            alike = next((i for i, known in enumerate(apart) if known.is_like(one)), None)
            if alike is None:
                apart.append(replace(one, others=()))
            else:
                apart[alike] = apart[alike].joined(one)
        return replace(apart[0], others=tuple(apart[1:]))

    def is_like(self, other: BlockResiduals) -> bool:
        """Whether both speak of as many blocks, or one of them of none."""
        sizes = ((len(self.blocks), len(other.blocks)), (len(self.single), len(other.single)))
        return all(a == b or not a or not b for a, b in sizes)

    def joined(self, other: BlockResiduals) -> BlockResiduals:
        """The sums with one that is alike."""
        return BlockResiduals(_added(self.blocks, other.blocks), _added(self.single, other.single))

    def over(self, kind: Literal["blocks", "single"], count: int, place: Place) -> list[Tensor] | None:
        """What is added after so many blocks of a kind; None for nothing. What comes from one ControlNet alone is left
        to the network to spread.
        """
        said = [some for some in (getattr(one, kind) for one in (self, *self.others)) if some]
        if len(said) < 2:
            return list(said[0]) if said else None
        each = ([some[place(i, count, len(some))] for some in said] for i in range(count))
        return [sum(some[1:], some[0]) for some in each]


def _added(a: tuple[Tensor, ...], b: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return tuple(x + y for x, y in zip(a, b, strict=True)) if a and b else a or b
