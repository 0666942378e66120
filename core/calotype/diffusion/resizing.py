"""Latents in another size."""

from __future__ import annotations

import torch
from torch import Tensor


def resized(x: Tensor, width: int, height: int, method: str) -> Tensor:
    """x (B, C, H, W), scaled; method: one of torch's, or bislerp."""
    if method == "bislerp":
        return bislerp(x, width, height)
    return torch.nn.functional.interpolate(x, size=(height, width), mode=method)


def bislerp(x: Tensor, width: int, height: int) -> Tensor:
    """x (B, C, H, W), scaled along each side by spherical interpolation of neighbouring cells' channel vectors.

    Directions turn evenly and lengths change evenly (Shoemake 1985, eq. 1), so that noise keeps its strength.
    """
    wide = _slerp_last(x.float(), width)
    return _slerp_last(wide.transpose(-1, -2), height).transpose(-1, -2).to(x.dtype)


def _slerp_last(x: Tensor, size: int) -> Tensor:
    old = x.shape[-1]
    place = ((torch.arange(size, device=x.device) + 0.5) * old / size - 0.5).clamp(0, old - 1)
    low = place.floor().long()
    return slerp(x[..., low], x[..., (low + 1).clamp(max=old - 1)], place - low)


def slerp(a: Tensor, b: Tensor, share: Tensor) -> Tensor:
    """Between a and b (B, C, ...), along the sphere of their channel vectors. share: 0 at a, 1 at b."""
    long_a, long_b = a.norm(dim=1, keepdim=True), b.norm(dim=1, keepdim=True)
    unit_a, unit_b = (torch.where(n > 0, v / n, torch.zeros_like(v)) for v, n in ((a, long_a), (b, long_b)))
    dot = (unit_a * unit_b).sum(1, keepdim=True)
    angle = dot.clamp(-1, 1).acos()
    sine = angle.sin()
    turned = (((1 - share) * angle).sin() * unit_a + (share * angle).sin() * unit_b) / sine
    out = turned * (long_a * (1 - share) + long_b * share)
    out = torch.where(dot > 1 - 1e-5, a, out)  # the same direction
    return torch.where(dot < 1e-5 - 1, a * (1 - share) + b * share, out)  # opposite ones
