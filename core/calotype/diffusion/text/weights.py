r"""Weights in prompts, with ComfyUI's meaning: `(a)`, `(a:1.2)`, nesting, `\(` and `\)` for the characters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

EMPHASIS = 1.1
OPEN, CLOSE = "\1", "\2"  # escaped parentheses, kept apart from those that mean something


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a prompt with one weight."""

    text: str
    weight: float = 1.0


def pieces(prompt: str) -> list[Piece]:
    r"""A prompt as weighted pieces, in order.

    `(a)` multiplies the weight around it by 1.1; `(a:1.2)` sets it to 1.2, whatever is around. A parenthesis that has
    no partner stands for itself.
    """
    waiting = [(prompt.replace("\\)", CLOSE).replace("\\(", OPEN), 1.0, True)]
    found = []
    while waiting:  # depth first and not recursive: prompts may nest without bound
        text, weight, whole = waiting.pop()
        if whole:
            waiting.extend((*_opened(item, weight),) for item in reversed(_split(text)))
        else:
            found.append(Piece(text.replace(OPEN, "(").replace(CLOSE, ")"), weight))
    return found


def _opened(item: str, around: float) -> tuple[str, float, bool]:
    """An item of `_split`: a group bare of its parentheses with its weight, or plain text; whether a group."""
    if len(item) < 2 or item[0] != "(" or item[-1] != ")":
        return item, around, False
    inside = item[1:-1]
    text, colon, number = inside.rpartition(":")
    weight = _number(number) if colon and text else None
    return (inside, around * EMPHASIS, True) if weight is None else (text, weight, True)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _split(text: str) -> list[str]:
    """Text cut at its outermost parentheses, which stay with what they enclose."""
    items, start, depth = [], 0, 0
    for i, character in enumerate(text):
        if character == "(":
            if depth == 0 and i > start:
                items.append(text[start:i])
                start = i
            depth += 1
        elif character == ")":
            depth -= 1
            if depth == 0:
                items.append(text[start : i + 1])
                start = i + 1
    return [*items, text[start:]] if start < len(text) else items


def weighted(states: Tensor, nothing: Tensor, chunks: Sequence[Sequence[tuple[int, float]]]) -> Tensor:
    """States moved away from those of the empty prompt, or towards them, by each token's weight.

    states: (K, N, D); nothing: (1, N, D). ComfyUI's meaning: z' = (z - z_empty) w + z_empty.
    """
    import torch

    weights = torch.tensor([[weight for _, weight in chunk] for chunk in chunks], dtype=states.dtype)[..., None]
    return torch.where(weights == 1.0, states, (states - nothing) * weights + nothing)
