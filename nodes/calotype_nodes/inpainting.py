"""What inpainting needs of pictures and masks. Tensors only; torch is imported by those who call."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from calotype_nodes.vae import cropped

if TYPE_CHECKING:
    from torch import Tensor


def greyed(pixels: Tensor, mask: Tensor, grow: int) -> tuple[Tensor, Tensor]:
    """Pixels (B, H, W, 3), grey inside the mask, and the mask (B or 1, H, W) widened by `grow` pixels.

    The mask is scaled to the pictures and made 0 or 1; both are cut to multiples of 8.
    """
    import torch
    from torch.nn import functional

    fitted = functional.interpolate(mask[:, None], size=pixels.shape[1:3], mode="bilinear")
    pixels, fitted = cropped(pixels), cropped(fitted.movedim(1, -1)).movedim(-1, 1)
    hard = fitted.round()
    wide = hard
    if grow:
        padding = math.ceil((grow - 1) / 2)
        wide = functional.conv2d(hard, torch.ones(1, 1, grow, grow), padding=padding).clamp(0, 1)
    outside = 1 - hard.movedim(1, -1)
    return (pixels - 0.5) * outside + 0.5, wide[:, 0, : pixels.shape[1], : pixels.shape[2]].round()
