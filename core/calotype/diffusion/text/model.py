"""What every kind of text encoder can do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import torch
from torch import Tensor, nn

from calotype.diffusion.families.base import Encoded
from calotype.diffusion.header import Header


class TextModel(Protocol):
    """One text encoder; a class of this shape is made as `Class(takes, facts)`, without memory, then filled.

    takes: its tensors under the names of its layouts; facts: of its slot.
    """

    @property
    def width(self) -> int:
        """How many features a token has."""

    def named(self, name: str) -> str:
        """What a name of its layouts is in this module."""

    def finish(self, header: Header, prefix: str, device: torch.device) -> None:
        """Fill what is no weight: buffers, and the tokeniser. header, prefix: where the encoder is from.

        Raises ModelError when there is no vocabulary.
        """

    def encoded(self, text: str, device: torch.device, skip: int | None) -> Encoded:
        """What it says of a prompt with weights in parentheses. skip: the layer to stop at, -1 the last; or None."""

    def parameters(self) -> Iterator[nn.Parameter]:
        """Its weights."""

    def buffers(self) -> Iterator[Tensor]:
        """Its other tensors."""
