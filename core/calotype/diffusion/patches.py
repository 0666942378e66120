"""Latents as transformers see them: in patches, which ask for even sides, and in one row."""

from __future__ import annotations

import torch
from torch import Tensor

from calotype.errors import FamilyMismatch


def evened(x: Tensor, patch: int = 2) -> Tensor:
    """x with its last two sides made multiples of `patch`, going on from the other side; x itself when they are."""
    height, width = (-side % patch for side in x.shape[-2:])
    if not height and not width:
        return x
    flat = x.reshape(-1, *x.shape[-3:]) if x.ndim > 4 else x
    padded = torch.nn.functional.pad(flat, (0, width, 0, height), mode="circular")
    return padded.reshape(*x.shape[:-2], *padded.shape[-2:])


def packed(x: Tensor, patch: int = 2) -> Tensor:
    """(B, C, H, W) to (B, H / p * W / p, C p p): the cells of each patch behind one another, channel by channel."""
    b, c, h, w = x.shape
    cells = x.reshape(b, c, h // patch, patch, w // patch, patch)
    return cells.permute(0, 2, 4, 1, 3, 5).reshape(b, (h // patch) * (w // patch), c * patch * patch)


def unpacked(rows: Tensor, height: int, width: int, patch: int = 2) -> Tensor:
    """The inverse of `packed` for a latent of this height and width in cells."""
    b, _, c = rows.shape
    cells = rows.reshape(b, height // patch, width // patch, c // patch**2, patch, patch)
    return cells.permute(0, 3, 1, 4, 2, 5).reshape(b, c // patch**2, height, width)


def widened(tokens: Tensor, width: int) -> Tensor:
    """Tokens (B, N, D) with zeros for the features that they lack to `width`. Raises FamilyMismatch for wider ones."""
    missing = width - tokens.shape[-1]
    if missing < 0:
        raise FamilyMismatch(
            f"the model listens to words of {width} features, these have {tokens.shape[-1]}. Use the text encoder "
            "that belongs to it."
        )
    return torch.nn.functional.pad(tokens, (0, missing)) if missing > 0 else tokens
