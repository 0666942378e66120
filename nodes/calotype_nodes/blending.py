"""How colours of two pictures make one, and how few colours make many. Tensors only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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


def quantised(pixels: Tensor, colours: int, pattern: str | None) -> Tensor:
    """Pixels (B, H, W, 3) drawn with a palette of `colours` each.

    pattern: how it dithers, by Floyd and Steinberg or by "bayer-" and the side of a matrix; None for not at all.
    """
    import numpy as np
    import torch
    from PIL import Image

    by_errors = pattern == "floyd-steinberg"
    how = Image.Dither.FLOYDSTEINBERG if by_errors else Image.Dither.NONE
    out = []
    for one in (255.0 * pixels).clamp(0, 255).to(torch.uint8).cpu().numpy():
        picture = Image.fromarray(one)
        palette = picture.quantize(colours, dither=Image.Dither.NONE)
        if pattern is not None and not by_errors:
            found, side = len(palette.getpalette() or ()) // 3, int(pattern.rpartition("-")[2])
            picture = Image.fromarray(stirred(one, side, found))
        out.append(np.asarray(picture.quantize(colours, palette=palette, dither=how).convert("RGB"), np.float32) / 255)
    return torch.from_numpy(np.stack(out))


def stirred(pixels: Any, side: int, colours: int) -> Any:
    """Pixels (H, W, 3) of 8 bits with a matrix (Bayer 1973) of `side` places added, as far as colours lie apart."""
    import numpy as np

    added = bayer(side) * (2 * 256 / colours) + 0.5
    height, width = pixels.shape[:2]
    tiled = np.tile(added, (-(-height // side), -(-width // side)))[:height, :width, None]
    return (pixels.astype(np.float32) + tiled.astype(np.float32)).clip(0, 255).astype(np.uint8)


def bayer(side: int) -> Any:
    """The matrix of order `side`, a power of 2: even steps about 0, each a quarter of a square away from the next."""
    import numpy as np

    if side == 1:
        return np.zeros((1, 1))
    part, steps = bayer(side // 2), side * side
    return np.block([[part - 1.5 / steps, part + 0.5 / steps], [part + 1.5 / steps, part - 0.5 / steps]])
