"""An image encoder at work: pictures to features."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from calotype.diffusion.network import OneNetwork
from calotype.diffusion.vision.files import SIGLIP
from calotype.types import ImageFeatures

OPENAI = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))  # of the pictures CLIP has seen
EVEN = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
PENULTIMATE = -2


class VisionEncoder(OneNetwork):
    """An image encoder on its device.

    Responsibilities: pictures in the size and the colours that it was trained with; its features.
    """

    def __init__(self, name: str, module: Any, device: torch.device, dtype: torch.dtype) -> None:
        """name: which encoder, of `files`; module: transformers'."""
        self.family = name
        self.module = module
        self.device = device
        self.dtype = dtype
        self.side = int(module.config.image_size)

    def calls(self) -> Iterator[tuple[Any, str]]:
        """What computes with them: objects and names of their methods."""
        yield self, "_seen"

    @torch.no_grad()
    def encode(self, pixels: Tensor, cut: bool = True) -> ImageFeatures:
        """pixels: (B, H, W, 3 or 4) in 0..1. cut: keep the proportions and the middle; else the picture is squeezed."""
        tokens, penultimate, pooled = self._seen(prepared(pixels, self.side, self.family, cut))
        return ImageFeatures(tokens, penultimate, pooled, self.family)

    def _seen(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        said = self.module(pixel_values=pixels.to(self.device, self.dtype), output_hidden_states=True)
        pooled = said.last_hidden_state if self.family == SIGLIP else said.image_embeds
        found = (said.last_hidden_state, said.hidden_states[PENULTIMATE], pooled)
        tokens, penultimate, pooled = (one.float().cpu() for one in found)
        return tokens, penultimate, pooled


def prepared(pixels: Tensor, side: int, name: str, cut: bool) -> Tensor:
    """Pictures as an encoder looks at them: (B, 3, side, side), of whole 255ths, in its units."""
    planes = pixels[..., :3].movedim(-1, 1).float()
    if planes.shape[2:] != (side, side):
        scale = side / min(planes.shape[2:])
        size = [round(scale * length) for length in planes.shape[2:]] if cut else [side, side]
        planes = torch.nn.functional.interpolate(planes, size=size, mode="bicubic", antialias=True)
        top, left = ((length - side) // 2 for length in planes.shape[2:])
        planes = planes[..., top : top + side, left : left + side]
    whole = (255.0 * planes).clamp(0, 255).round() / 255.0
    mean, deviation = (whole.new_tensor(one).view(3, 1, 1) for one in (EVEN if name == SIGLIP else OPENAI))
    return (whole - mean) / deviation
