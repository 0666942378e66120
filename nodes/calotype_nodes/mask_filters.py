"""Growing, softening and fading masks. Tensors only."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def grown(mask: Tensor, pixels: int, tapered: bool) -> Tensor:
    """A mask (B, H, W), its light parts wider by some pixels, or narrower by a negative number of them.

    tapered: each pixel reaches its four neighbours only, so that corners become diagonal; else all eight.
    """
    from torch.nn import functional

    out = mask if pixels >= 0 else -mask
    for _ in range(abs(pixels)):
        if tapered:
            padded = functional.pad(out[:, None], (1, 1, 1, 1), mode="replicate")[:, 0]
            across = padded[:, 1:-1, :-2].maximum(padded[:, 1:-1, 2:])
            out = out.maximum(across).maximum(padded[:, :-2, 1:-1]).maximum(padded[:, 2:, 1:-1])
        else:
            out = functional.max_pool2d(out[:, None], 3, 1, 1)[:, 0]
    return out.clone() if pixels >= 0 else -out


def feathered(
    mask: Tensor, left: int, top: int, right: int, bottom: int, *, turned: bool = False, cut: bool = False
) -> Tensor:
    """A mask (B, H, W) that fades towards its edges, over some pixels at each side.

    turned: the ramps of the right and the bottom lie one pixel further on, and their ends on the other side. cut: of a
    ramp that is longer than the mask, what does not fit is cut off; else it is made shorter.
    """
    import torch

    out = mask.clone()
    for wanted, side, last in ((left, -1, False), (right, -1, True), (top, -2, False), (bottom, -2, True)):
        count = min(wanted, out.shape[side])
        if count:
            ramp = torch.ones(out.shape[side])
            ramp[:count] = torch.arange(1, count + 1) / (wanted if cut else count)
            ramp = ramp.flip(0).roll(int(turned)) if last else ramp
            out.mul_(ramp if side == -1 else ramp[:, None])
    return out


def faded(under: Tensor, over: Tensor, left: int, top: int, cells: int) -> Tensor:
    """A mask (1, h, w) for laying `over` on `under`, that fades over some cells at the edges inside of `under`."""
    import torch

    (height, width), (h, w) = under.shape[-2:], over.shape[-2:]
    h, w = min(h, height - top), min(w, width - left)  # what is seen of it
    mask = torch.ones(1, *over.shape[-2:])
    seen = feathered(
        mask[:, :h, :w],
        cells if left > 0 else 0,
        cells if top > 0 else 0,
        cells if left + w < width else 0,
        cells if top + h < height else 0,
        cut=True,
    )
    mask[:, :h, :w] = seen
    return mask


def outpainting(height: int, width: int, sides: tuple[int, int, int, int], feather: int) -> Tensor:
    """Where a picture (height, width) is new after padding by (left, top, right, bottom): 1 outside of it.

    Inside it falls to 0 with the square of the distance from a padded edge, over `feather` pixels.
    """
    import torch

    left, top, right, bottom = sides
    out = torch.ones(height + top + bottom, width + left + right)
    inner = torch.zeros(height, width)
    if 0 < feather * 2 < min(height, width):
        far = torch.full((1,), float(max(height, width)))
        y, x = torch.arange(height, dtype=torch.float32)[:, None], torch.arange(width, dtype=torch.float32)[None]
        distances = (x if left else far, y if top else far, width - x if right else far, height - y if bottom else far)
        nearest = torch.stack([d.expand(height, width) for d in distances]).amin(0)
        inner = ((feather - nearest) / feather).clamp(min=0) ** 2
    out[top : top + height, left : left + width] = inner
    return out
