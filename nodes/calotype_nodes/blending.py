"""How colours of two pictures make one, and how few colours make many. Tensors only."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def blend(mode: str, under: Tensor, over: Tensor) -> Tensor:
    """Two pictures in 0..1 by the formulas of the W3C's Compositing and Blending; `difference` keeps its sign."""
    import torch

    match mode:
        case "multiply":
            return under * over
        case "screen":
            return 1 - (1 - under) * (1 - over)
        case "overlay":
            return torch.where(under <= 0.5, 2 * under * over, 1 - 2 * (1 - under) * (1 - over))
        case "soft light":
            root = torch.where(under <= 0.25, ((16 * under - 12) * under + 4) * under, under.clamp(min=0).sqrt())
            darker = under - (1 - 2 * over) * under * (1 - under)
            return torch.where(over <= 0.5, darker, under + (2 * over - 1) * (root - under))
        case "difference":
            return under - over
    return over


def quantised(pixels: Tensor, colours: int, dither: bool) -> Tensor:
    """Pictures (B, H, W, 3) drawn with a palette of `colours` each; dither: by Floyd and Steinberg."""
    import numpy as np
    import torch
    from PIL import Image

    how = Image.Dither.FLOYDSTEINBERG if dither else Image.Dither.NONE
    out = []
    for one in (255.0 * pixels).clamp(0, 255).round().to(torch.uint8).cpu().numpy():
        picture = Image.fromarray(one)
        palette = picture.quantize(colours, dither=Image.Dither.NONE)
        out.append(np.asarray(picture.quantize(colours, palette=palette, dither=how).convert("RGB"), np.float32) / 255)
    return torch.from_numpy(np.stack(out))
