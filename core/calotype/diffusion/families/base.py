"""What a family of models is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from calotype.diffusion.header import Header
from calotype.diffusion.latents import LatentFormat

Prediction = Literal["eps", "v"]


@dataclass(frozen=True, slots=True)
class TextFacts:
    """What the shapes of a CLIP text encoder do not say.

    activation: of its MLPs, by transformers' name. layer: which hidden state is the encoding, -1 the last. normed:
    whether the final layer norm is applied to it. pad: the token after the end. projected: whether `pooled` goes
    through the projection.
    """

    activation: str = "quick_gelu"
    layer: int = -1
    normed: bool = True
    pad: int = 49407
    projected: bool = True


@dataclass(frozen=True, slots=True)
class Family:
    """One family: its name in recipes, its title for people, and the facts that no tensor shape tells.

    heads: attention heads of a block with so many channels. text: the facts of its text encoders, in the order of
    their features. runs: whether this version can compute it.
    """

    name: str
    title: str
    latent: LatentFormat = field(default_factory=LatentFormat)
    heads: Callable[[int], int] = field(default=lambda channels: max(1, channels // 64), repr=False)
    prediction: Prediction = "eps"
    text: tuple[TextFacts, ...] = ()
    embedding: Mapping[str, Any] = field(default_factory=dict)
    runs: bool = True


def any_of(header: Header, prefixes: tuple[str, ...], *names: str) -> str | None:
    """The first prefix under which the header has one of `names`; None when there is none."""
    return next((p for p in prefixes if any(p + n in header.tensors for n in names)), None)
