"""Nodes that combine conditionings, and say where and when each applies."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from calotype.node import Input, Node
from calotype.types import Conditioning, Mask, Prompt
from calotype_nodes.latents import cells

if TYPE_CHECKING:
    from torch import Tensor


class ConditioningCombine(Node, category="conditioning"):
    """Let several conditionings guide together, each as a prompt of its own."""

    conditionings: tuple[Conditioning, ...] = Input(least=1)

    def run(self) -> Conditioning:
        """All their prompts."""
        prompts = tuple(p for one in self.conditionings for p in one.prompts)
        return Conditioning(prompts, self.conditionings[0].family)


class ConditioningConcat(Node, category="conditioning"):
    """Put the tokens of another prompt behind those of each prompt."""

    conditioning: Conditioning
    other: Conditioning

    def run(self) -> Conditioning:
        """Longer prompts."""
        import torch

        added = first_prompt(self).tokens
        prompts = tuple(replace(p, tokens=torch.cat([p.tokens, added], 1)) for p in self.conditioning.prompts)
        return replace(self.conditioning, prompts=prompts)


class ConditioningAverage(Node, category="conditioning"):
    """Mix the encodings of two prompts."""

    conditioning: Conditioning
    other: Conditioning
    share: float = Input(default=0.5, ge=0, le=1, step=0.01, doc="Of the first one: 1 is all of it.")

    def run(self) -> Conditioning:
        """Each prompt of the first, mixed with the first prompt of the other."""
        other = first_prompt(self)
        return replace(self.conditioning, prompts=tuple(mixed(p, other, self.share) for p in self.conditioning.prompts))


class ConditioningArea(Node, category="conditioning"):
    """Let a conditioning apply to a rectangle only."""

    conditioning: Conditioning
    x: int = Input(default=0, ge=0, le=16384, step=8, multiple_of=8, doc="In pixels, as the other sizes.")
    y: int = Input(default=0, ge=0, le=16384, step=8, multiple_of=8)
    width: int = Input(default=64, ge=8, le=16384, step=8, multiple_of=8)
    height: int = Input(default=64, ge=8, le=16384, step=8, multiple_of=8)
    strength: float = Input(default=1.0, ge=0, le=10, step=0.01, doc="Its weight where it meets others.")

    def run(self) -> Conditioning:
        """Say where."""
        area = [cells(getattr(self, side), side) for side in ("height", "width", "y", "x")]
        return placed(self.conditioning, area=area, strength=self.strength)


class ConditioningAreaShare(Node, category="conditioning"):
    """Let a conditioning apply to a rectangle only, given in shares of the picture."""

    conditioning: Conditioning
    x: float = Input(default=0.0, ge=0, le=1, step=0.01)
    y: float = Input(default=0.0, ge=0, le=1, step=0.01)
    width: float = Input(default=1.0, ge=0, le=1, step=0.01)
    height: float = Input(default=1.0, ge=0, le=1, step=0.01)
    strength: float = Input(default=1.0, ge=0, le=10, step=0.01, doc="Its weight where it meets others.")

    def run(self) -> Conditioning:
        """Say where."""
        share = [self.height, self.width, self.y, self.x]
        return placed(self.conditioning, area_share=share, strength=self.strength)


class ConditioningStrength(Node, category="conditioning"):
    """Give a conditioning a weight among those it is combined with."""

    conditioning: Conditioning
    strength: float = Input(default=1.0, ge=0, le=10, step=0.01)

    def run(self) -> Conditioning:
        """Say how much."""
        return with_options(self.conditioning, strength=self.strength)


class ConditioningMask(Node, category="conditioning"):
    """Let a conditioning apply where a mask says so."""

    conditioning: Conditioning
    mask: Mask
    strength: float = Input(default=1.0, ge=0, le=10, step=0.01, doc="Times the mask.")
    bounds: bool = Input(default=False, doc="Look only at the box around the mask.")

    def run(self) -> Conditioning:
        """Say where; samplers scale the mask to the latent."""
        marked = with_options(self.conditioning, mask_strength=self.strength, mask_bounds=self.bounds)
        prompts = tuple(replace(p, tensors={**p.tensors, "mask": self.mask.values}) for p in marked.prompts)
        return replace(marked, prompts=prompts)


class ConditioningTimeRange(Node, category="conditioning"):
    """Let a conditioning apply to a part of the schedule only."""

    conditioning: Conditioning
    start: float = Input(default=0.0, ge=0, le=1, step=0.001, doc="Share of the schedule at which it begins.")
    end: float = Input(default=1.0, ge=0, le=1, step=0.001, doc="Share of the schedule at which it ends.")

    def run(self) -> Conditioning:
        """Say when."""
        return with_options(self.conditioning, start=self.start, end=self.end)


class ConditioningSize(Node, category="conditioning"):
    """Tell a model that knows of sizes (SDXL) how large the picture was, and what of it is shown."""

    conditioning: Conditioning
    width: int = Input(default=1024, ge=0, le=16384, doc="Of the picture before any cropping.")
    height: int = Input(default=1024, ge=0, le=16384)
    crop_w: int = Input(default=0, ge=0, le=16384, doc="How much was cut off at the left.")
    crop_h: int = Input(default=0, ge=0, le=16384, doc="How much was cut off at the top.")
    target_width: int = Input(default=1024, ge=0, le=16384, doc="Of the picture that is asked for.")
    target_height: int = Input(default=1024, ge=0, le=16384)

    def run(self) -> Conditioning:
        """Say the sizes."""
        names = ("width", "height", "crop_w", "crop_h", "target_width", "target_height")
        return with_options(self.conditioning, **{name: getattr(self, name) for name in names})


class ConditioningZero(Node, category="conditioning"):
    """A conditioning that says nothing: zeros in place of what the text encoder gave."""

    conditioning: Conditioning

    def run(self) -> Conditioning:
        """Zeros of the same shape."""
        return replace(self.conditioning, prompts=tuple(silent(p) for p in self.conditioning.prompts))


def first_prompt(node: ConditioningConcat | ConditioningAverage) -> Prompt:
    """The first prompt of `other`. Raises ValueError if it has none."""
    if not node.other.prompts:
        raise ValueError("the other conditioning has no prompts")
    return node.other.prompts[0]


def with_options(conditioning: Conditioning, **options: Any) -> Conditioning:
    """The conditioning with some options of every prompt set."""
    prompts = tuple(replace(p, options={**p.options, **options}) for p in conditioning.prompts)
    return replace(conditioning, prompts=prompts)


def placed(conditioning: Conditioning, **options: Any) -> Conditioning:
    """The conditioning with an area of every prompt set, in place of one that was, and of the box around a mask."""
    kept = (
        replace(p, options={k: v for k, v in p.options.items() if k not in ("area", "area_share", "mask_bounds")})
        for p in conditioning.prompts
    )
    return with_options(replace(conditioning, prompts=tuple(kept)), **options)


def mixed(prompt: Prompt, other: Prompt, share: float) -> Prompt:
    """`share` of a prompt and the rest of another, of which tokens are cut, or zeros added, to the same number."""
    import torch

    tokens, count = other.tokens[:, : prompt.tokens.shape[1]], prompt.tokens.shape[1]
    if tokens.shape[1] < count:
        tokens = torch.nn.functional.pad(tokens, (0, 0, 0, count - tokens.shape[1]))
    pooled = other.pooled if prompt.pooled is None else prompt.pooled
    if prompt.pooled is not None and other.pooled is not None:
        pooled = weighted(prompt.pooled, other.pooled, share)
    return replace(prompt, tokens=weighted(prompt.tokens, tokens, share), pooled=pooled)


def weighted(a: Tensor, b: Tensor, share: float) -> Tensor:
    """share * a + (1 - share) * b."""
    return a * share + b * (1.0 - share)


def silent(prompt: Prompt) -> Prompt:
    """A prompt of zeros."""
    import torch

    pooled = None if prompt.pooled is None else torch.zeros_like(prompt.pooled)
    return replace(prompt, tokens=torch.zeros_like(prompt.tokens), pooled=pooled)
