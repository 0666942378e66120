"""Rough pictures of latents for which nobody has published colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

SPREAD = 2.5  # standard deviations on either side of grey that are shown


def middle_frame(latents: Tensor) -> Tensor:
    """Latents (B, C, h, w); of videos (B, C, T, h, w) their middle frame."""
    return latents[:, :, latents.shape[2] // 2] if latents.ndim == 5 else latents


def structure(cells: Tensor) -> Tensor:
    """Latents (B, C, h, w) as pictures (B, h, w, 3) in 0..1: grey, along the direction in which cells differ most.

    The first principal component of each; its sign is that of the channel that has most part in it.
    """
    import torch

    rows = cells.detach().float().cpu().flatten(2).mT  # (B, h w, C)
    centred = rows - rows.mean(1, keepdim=True)
    directions = torch.linalg.eigh(centred.mT @ centred).eigenvectors[..., -1:]
    largest = directions.gather(1, directions.abs().argmax(1, keepdim=True))
    grey = (centred @ directions * largest.sign()).unflatten(1, cells.shape[-2:])
    deviation = grey.std((1, 2, 3), correction=0, keepdim=True).clamp(min=1e-6)
    shown: Tensor = (grey / deviation / (2 * SPREAD) + 0.5).clamp(0, 1).expand(-1, -1, -1, 3)
    return shown
