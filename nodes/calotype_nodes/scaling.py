"""Sizes of tensors: cropping to a shape of picture, and scaling by the methods that this field knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from torch import Tensor

ScaleMethod = Literal["nearest-exact", "bilinear", "bicubic", "area", "lanczos"]
LatentScaleMethod = Literal["nearest-exact", "bilinear", "bicubic", "area", "bislerp"]
Crop = Literal["none", "center"]


def wanted_size(width: int, height: int, old_width: int, old_height: int) -> tuple[int, int]:
    """The size to scale to: a side of 0 follows from the other one; two sides of 0 leave it as it is."""
    if width == 0 and height == 0:
        return old_width, old_height
    if width == 0:
        return max(1, round(old_width * height / old_height)), height
    if height == 0:
        return width, max(1, round(old_height * width / old_width))
    return width, height


def centred(x: Tensor, width: int, height: int) -> Tensor:
    """The middle of x (B, C, H, W) that has the shape of width x height, as large as it goes."""
    old, new = x.shape[-1] / x.shape[-2], width / height
    left = round((x.shape[-1] - x.shape[-1] * new / old) / 2) if old > new else 0
    top = round((x.shape[-2] - x.shape[-2] * old / new) / 2) if old < new else 0
    return x[..., top : x.shape[-2] - top, left : x.shape[-1] - left]


def scaled(x: Tensor, width: int, height: int, method: str, crop: str = "none") -> Tensor:
    """x (B, C, H, W), scaled. lanczos works on 8 bits a channel, as Pillow does; bislerp is for latents."""
    from calotype.diffusion.resizing import resized

    part = centred(x, width, height) if crop == "center" else x
    if method == "lanczos":
        return _lanczos(part, width, height)
    return resized(part, width, height, method)


def _lanczos(x: Tensor, width: int, height: int) -> Tensor:
    import numpy as np
    import torch
    from PIL import Image

    planes = (255.0 * x).clamp(0, 255).to(torch.uint8).cpu().numpy()
    size, method = (width, height), Image.Resampling.LANCZOS
    out = [[np.asarray(Image.fromarray(plane).resize(size, method)) for plane in one] for one in planes]
    return torch.from_numpy(np.asarray(out, np.float32) / 255.0).to(x)
