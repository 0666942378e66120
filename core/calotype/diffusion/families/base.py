"""What a family of models is: data and functions of its own, so that nothing else asks for its name. No torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from calotype.diffusion.header import Header
from calotype.diffusion.latents import LatentFormat
from calotype.diffusion.layouts.take import Takes, TakesOf

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from calotype.diffusion.step import Step
    from calotype.types import Prompt

Prediction = Literal["eps", "v"]


class Encoded(NamedTuple):
    """What one text encoder says of a prompt. tokens: (1, N, D); pooled: (1, P) or None; float32 on the CPU."""

    tokens: Tensor
    pooled: Tensor | None = None


@dataclass(frozen=True, slots=True)
class TextFacts:
    """What the shapes of a CLIP text encoder do not say.

    activation: of its MLPs, by transformers' name. layer: which hidden state is the encoding, -1 the last. normed:
    whether the final layer norm is applied to it. pad: the token after the end. projected: whether `pooled` goes
    through the projection; "folder" for only in a diffusers folder. cut: how many layers a file has from which those
    behind `layer` were cut, 0 where nobody cuts them; in a diffusers folder they always are.
    """

    activation: str = "quick_gelu"
    layer: int = -1
    normed: bool = True
    pad: int = 49407
    projected: bool | Literal["folder"] = True
    cut: int = 0


@dataclass(frozen=True, slots=True)
class T5Facts:
    """How a T5 is asked. length: tokens at least, filled up with padding that is attended to like words."""

    length: int = 77


@dataclass(frozen=True, slots=True)
class Slot:
    """A text encoder that a family listens to.

    name: as files name it in their prefixes ("clip_l"); title: for people; kind: of `text.kinds`; facts: of that kind;
    width: features of a token at full size, which tells encoders of one kind apart; optional: whether the family
    does without it.
    """

    name: str
    title: str
    facts: Any = None
    kind: str = "clip"
    width: int = 0
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """How files name the tensors of a module.

    marks: tensors that a file of this layout has, all of them; takes: from its names to the module's.
    """

    name: str
    marks: tuple[str, ...]
    takes: TakesOf = field(repr=False)

    def stands(self, header: Header, prefix: str) -> bool:
        """Whether the header has a module of this layout under a prefix."""
        return all(prefix + mark in header.tensors for mark in self.marks)


@dataclass(frozen=True, slots=True)
class Flow:
    """The noise levels that a rectified flow was trained with; see `ModelSampling.flow`.

    shift: s in s t / (1 + (s - 1) t); multiplier: the timestep at sigma 1; steps: of the table.
    """

    shift: float = 1.0
    multiplier: float = 1000.0
    steps: int = 1000


def _nothing(module: Any, device: torch.device) -> None:
    """A module whose every buffer is in its file."""


def _none_beyond(takes: Takes) -> str:
    """A family of which everything is computed."""
    return ""


@dataclass(frozen=True, slots=True)
class Network:
    """A denoiser that is not a U-Net.

    module: its class, "package.module:Class"; config: that class's arguments, from tensors under its names; layouts:
    that files have, the special before the general; forward: its raw output, of x's shape; flow: its noise levels,
    from its tensors; finish: fills buffers that no file holds, after the weights are in; listens: the tensor whose last
    axis is as long as a prompt's words must be wide, "" where they may be narrower; overflows: whether it is never
    computed in float16, whose range is too small for it; said: further arguments that a folder's configuration alone
    tells; beyond: what a model with these tensors does that is not computed, with a remedy, for people; "" for others.
    """

    module: str
    config: Callable[[Takes], dict[str, Any]] = field(repr=False)
    layouts: tuple[Layout, ...]
    forward: Callable[[Step], Tensor] = field(repr=False)
    flow: Callable[[Takes], Flow] = field(repr=False)
    finish: Callable[[Any, torch.device], None] = field(default=_nothing, repr=False)
    listens: str = ""
    overflows: bool = True
    said: Callable[[Header], Mapping[str, Any]] = field(default=lambda header: {}, repr=False)
    beyond: Callable[[Takes], str] = field(default=_none_beyond, repr=False)


def side_by_side(encoded: Sequence[Encoded | None]) -> Prompt:
    """Features of several encoders beside each other, token by token; the pooled state of the last."""
    import torch

    from calotype.types import Prompt

    said = [one for one in encoded if one is not None]
    length = min(one.tokens.shape[1] for one in said)
    tokens = torch.cat([one.tokens[:, :length] for one in said], dim=-1)
    pooled = said[-1].pooled
    return Prompt(tokens, None if pooled is None else pooled.clone())


@dataclass(frozen=True, slots=True)
class Family:
    """One family: its name in recipes, its title for people, and the facts that no tensor shape tells.

    heads: attention heads of a block with so many channels (U-Nets). text: its text encoders, in the order of their
    features; join: what they say together, None for one that is missing. network: its denoiser, None for a U-Net.
    vae: which of `autoencoders.KINDS` decodes its latents. alone: files of one part that several families share.
    runs: whether this version can compute it.
    """

    name: str
    title: str
    latent: LatentFormat = field(default_factory=LatentFormat)
    heads: Callable[[int], int] = field(default=lambda channels: max(1, channels // 64), repr=False)
    prediction: Prediction = "eps"
    text: tuple[Slot, ...] = ()
    join: Callable[[Sequence[Encoded | None]], Prompt] = field(default=side_by_side, repr=False)
    network: Network | None = None
    vae: str = "kl"
    embedding: Mapping[str, Any] = field(default_factory=dict)
    alone: bool = False
    runs: bool = True
