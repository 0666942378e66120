"""Attention that is made stronger or weaker by its weights."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from torch import nn

from calotype.types import Scalar

PROJECTIONS: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "self": {"q": (".attn1.to_q.",), "k": (".attn1.to_k.",), "v": (".attn1.to_v.",), "out": (".attn1.to_out.0.",)},
        "cross": {"q": (".attn2.to_q.",), "k": (".attn2.to_k.",), "v": (".attn2.to_v.",), "out": (".attn2.to_out.0.",)},
        "text": {name: (f".self_attn.{name}_proj.",) for name in ("q", "k", "v", "out")},
    }
)
"""Which attention is meant -> setting -> parts of the names of its weights and biases."""


def attention_scaled(parameters: Mapping[str, nn.Parameter], settings: Mapping[str, Scalar]) -> dict[str, nn.Parameter]:
    """The tensors, with those of the attention that is meant times q, k, v and out; others stay the same objects."""
    changed = dict(parameters)
    for name, marks in PROJECTIONS[str(settings["attention"])].items():
        factor = float(settings.get(name, 1.0))
        for key, weight in parameters.items():
            if factor != 1.0 and any(mark in f".{key}" for mark in marks):
                changed[key] = nn.Parameter(weight.float() * factor, requires_grad=False)
    return changed
