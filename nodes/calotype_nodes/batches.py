"""Bringing tensors of different sizes and counts together. Tensors only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calotype_nodes.scaling import scaled

if TYPE_CHECKING:
    from torch import Tensor


def fitted(x: Tensor, like: Tensor, method: str = "bilinear") -> Tensor:
    """x (B, C, H, W), its centre cut to the proportions of `like` and scaled to its size; the batch stays."""
    if x.shape[-2:] == like.shape[-2:]:
        return x
    return scaled(x, like.shape[-1], like.shape[-2], method, "center")


def matched(x: Tensor, like: Tensor, method: str = "bilinear") -> Tensor:
    """x as in `fitted`, and with as many rows as `like`: cut, or repeated in turn."""
    import torch

    same = fitted(x, like, method)
    return same if len(same) == len(like) else same[torch.arange(len(like)) % len(same)]


def same_channels(pixels: Tensor, count: int) -> Tensor:
    """Pixels (B, H, W, C) with 3 or 4 channels: transparency is dropped, or full opacity added."""
    import torch

    if pixels.shape[-1] >= count:
        return pixels[..., :count]
    return torch.cat([pixels, torch.ones_like(pixels[..., :1])], -1)


def pasted(under: Tensor, over: Tensor, mask: Tensor | None, left: int, top: int) -> Tensor:
    """`under` (B, C, H, W) with `over` (B', C, h, w) laid on it at (left, top), where the mask (B'', h', w') is 1.

    What lies outside of `under` is left out; batches are cut or repeated to that of `under`.
    """
    from torch.nn import functional

    out, count = under.clone(), under.shape[0]
    over = matched(over, over[:1].expand(count, -1, -1, -1))
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(under.shape[-1], left + over.shape[-1]), min(under.shape[-2], top + over.shape[-2])
    if x0 >= x1 or y0 >= y1:
        return out
    part = (..., slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
    here = (..., slice(y0, y1), slice(x0, x1))
    if mask is None:
        out[here] = over[part]
        return out
    share = functional.interpolate(mask[:, None], size=over.shape[-2:], mode="bilinear")
    share = matched(share, share[:1].expand(count, -1, -1, -1))[part]
    out[here] = over[part] * share + out[here] * (1 - share)
    return out
