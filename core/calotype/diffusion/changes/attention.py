"""Guidance by attention: the network asked again with its self-attention spoilt, and led away from that.

Of U-Nets as diffusers builds them: their self-attention is `attn1` of the transformer blocks in `mid_block`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from calotype.diffusion.sampling.hooks import After, Layers, Moment, Sides
from calotype.errors import ModelError

KERNEL = 9  # cells of the blur
SECOND = 1  # side, counted from 0
SMALLEST = 4  # cells a side, at which there is no room for its margin

Processor = Callable[..., Tensor]


def middle_attention(module: Any) -> list[Any]:
    """The self-attentions in the middle of a U-Net, outermost first. Raises ModelError where there are none."""
    middle = getattr(module, "mid_block", None)
    found = [b.attn1 for a in getattr(middle, "attentions", ()) for b in getattr(a, "transformer_blocks", ())]
    if not found:
        raise ModelError("guidance by attention needs a U-Net with attention in its middle; this model has none.")
    return found


@contextmanager
def processed(attentions: Sequence[Any], processor: Processor) -> Iterator[None]:
    """The attentions with another arithmetic, for as long as it is open."""
    before = [attention.processor for attention in attentions]
    for attention in attentions:
        attention.processor = processor
    try:
        yield
    finally:
        for attention, old in zip(attentions, before, strict=True):
            attention.processor = old


def identity_attention(attn: Any, hidden_states: Tensor, *args: Any, **more: Any) -> Tensor:
    """The attention map replaced by the identity: every place attends to itself (Ahn et al. 2024, equation 10)."""
    return attn.to_out[1](attn.to_out[0](attn.to_v(hidden_states)))


def perturbed(module: nn.Module, scale: float) -> After:
    """Perturbed-attention guidance (Ahn et al. 2024, equation 12): D + scale (D_pos - D_pos, attention perturbed).

    Attention that self-attention guidance records is left as it is, as in ComfyUI.
    """
    attentions = middle_attention(module)

    def change(moment: Moment, guided: Tensor, sides: Sides) -> Tensor:
        if scale == 0:
            return guided
        free = [one for one in attentions if not isinstance(one.processor, Recorder)]
        spoilt = moment.again(sides.index, moment.x, processed(free, identity_attention))
        return guided + (sides.positive - spoilt) * scale

    return change


class Recorder:
    """Self-attention that keeps its map for the second side: the negative one, or of two positives the second.

    Responsibilities: the arithmetic of attention with the map written out; which rows of the batch are that side's.
    """

    def __init__(self) -> None:
        self._sides: Sequence[int] = ()
        self.map: Tensor | None = None
        """(B, heads, places, places), of the newest run with a second side."""

    def watch(self, sides: Sequence[int]) -> None:
        """See `Watch`."""
        self._sides = tuple(sides)

    def __call__(self, attn: Any, hidden_states: Tensor, *args: Any, **more: Any) -> Tensor:
        """See `processed`."""
        query, key, value = (
            to(hidden_states).unflatten(-1, (attn.heads, -1)).transpose(1, 2)
            for to in (attn.to_q, attn.to_k, attn.to_v)
        )
        weights = (query @ key.transpose(-1, -2) * attn.scale).softmax(dim=-1)
        if SECOND in self._sides:  # the last of several prompts
            self.map = weights.chunk(len(self._sides))[::-1][self._sides[::-1].index(SECOND)]
        return attn.to_out[1](attn.to_out[0]((weights @ value).transpose(1, 2).flatten(2)))


def self_attention(recorder: Recorder, scale: float, blur: float) -> After:
    """Self-attention guidance (Hong et al. 2023, algorithm 1): D + scale (D_blurred - D at the blurred latent).

    The negative estimate is blurred where its self-attention, summed over heads and places, is above 1.
    """

    def change(moment: Moment, guided: Tensor, sides: Sides) -> Tensor:
        if recorder.map is None or min(guided.shape[2:]) <= SMALLEST:
            return guided
        blurred = blurred_where(sides.negative, recorder.map, blur)
        again = moment.again(sides.other, blurred + moment.x - sides.negative)
        return guided + (blurred - again) * scale

    return change


def recording(module: nn.Module, recorder: Recorder) -> Callable[[], Layers]:
    """The innermost self-attention, recorded, for a whole run."""
    first = middle_attention(module)[:1]
    return lambda: processed(first, recorder)


def blurred_where(x: Tensor, attention: Tensor, sigma: float) -> Tensor:
    """x (B, C, h, w), blurred where places are attended to more than once over. attention: (B, heads, n, n)."""
    height, width = x.shape[-2:]
    attended = attention.mean(1).sum(1) > 1.0
    ratio = 2 ** (math.ceil(math.sqrt(height * width / attended.shape[1])) - 1).bit_length()
    mask = attended.reshape(len(x), 1, math.ceil(height / ratio), math.ceil(width / ratio)).to(x.dtype)
    mask = functional.interpolate(mask, (height, width))
    return gaussian_blur(x, sigma) * mask + x * (1 - mask)


def gaussian_blur(x: Tensor, sigma: float) -> Tensor:
    """x (B, C, h, w) under a Gaussian of `sigma` cells, cut to 9 cells a side, with mirrored margins."""
    half = (KERNEL - 1) / 2
    bell = torch.exp(-0.5 * (torch.linspace(-half, half, KERNEL) / sigma) ** 2)
    row = (bell / bell.sum()).to(x)
    kernel = (row[:, None] * row).expand(x.shape[1], 1, KERNEL, KERNEL)
    return functional.conv2d(functional.pad(x, [KERNEL // 2] * 4, mode="reflect"), kernel, groups=x.shape[1])
