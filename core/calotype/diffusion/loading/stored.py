"""Weights that stay in the small type of their file and are cast where a layer computes with them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from calotype.diffusion.loading.blocks import Blocks, spread

STORED = "stored_"
SCALE = "_scale"


class Cast:
    """A weight as its layer sees it: cast to the type of computation at every access, and scaled where it is scaled.

    Nothing is written, so that several threads may compute with one layer and several layers may hold one tensor.
    """

    def __init__(self, name: str) -> None:
        self.stored = STORED + name
        self.scale = STORED + name + SCALE

    def __get__(self, layer: Any, owner: type | None = None) -> Any:
        """The weight."""
        if layer is None:
            return self
        return cast(getattr(layer, self.stored), layer.computes_in, getattr(layer, self.scale))


def cast(stored: Tensor, dtype: torch.dtype, scale: Tensor | None) -> Tensor:
    """A stored weight as it is computed with."""
    weight = spread(stored, dtype) if isinstance(stored, Blocks) else stored.to(dtype)
    return weight if scale is None else weight * scale.to(dtype)


def keep(layer: nn.Module, stored: Mapping[str, tuple[nn.Parameter, Tensor | None]], dtype: torch.dtype) -> None:
    """Give a layer weights that it sees as `dtype` and that stay stored as they are.

    stored: parameter of the layer -> the weight and its scale.
    """
    kind: type = type(layer)
    layer.__class__ = _keeping(kind, tuple(sorted(stored)))
    layer.computes_in = dtype  # type: ignore[assignment]
    for name, (weight, scale) in stored.items():
        del layer._parameters[name]
        layer.register_parameter(STORED + name, weight)
        layer.register_buffer(STORED + name + SCALE, scale, persistent=False)


@cache
def _keeping(layer: type, names: tuple[str, ...]) -> type[nn.Module]:
    """A kind of layer some of whose weights are cast when they are looked at."""
    members: dict[str, Any] = {name: Cast(name) for name in names}
    if issubclass(layer, nn.Embedding):
        members["forward"] = _embedded
    return type(layer.__name__, (layer,), members)


def _embedded(layer: Any, ids: Tensor) -> Tensor:
    """Rows of a stored table, cast after they are picked: a vocabulary is large and a prompt small."""
    return cast(layer.stored_weight[ids], layer.computes_in, layer.stored_weight_scale)
