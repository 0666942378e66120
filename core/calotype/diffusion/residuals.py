"""What ControlNets add inside transformers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, eq=False, slots=True)
class BlockResiduals:
    """What is added after the blocks of a transformer, in order; fewer than it has blocks are spread evenly.

    blocks: after those that keep text and image apart, (B, N, D) each; single: after those that join them (FLUX).
    """

    blocks: tuple[Tensor, ...] = ()
    single: tuple[Tensor, ...] = ()

    def __add__(self, other: BlockResiduals) -> BlockResiduals:
        """Several ControlNets at work together; one that says nothing of some blocks leaves them to the other.

        Raises ValueError when both speak but of different numbers of blocks.
        """
        return BlockResiduals(_added(self.blocks, other.blocks), _added(self.single, other.single))


def _added(a: tuple[Tensor, ...], b: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return tuple(x + y for x, y in zip(a, b, strict=True)) if a and b else a or b
