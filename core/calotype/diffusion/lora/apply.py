"""Weights with LoRAs in them: new tensors where a LoRA reaches, the model's own everywhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from calotype.diffusion.layouts.take import Take
from calotype.diffusion.lora.delta import changed
from calotype.diffusion.lora.names import SIDE, Adapter
from calotype.diffusion.lora.reach import Reach, Target, bias

Read = Callable[[Take], Tensor]
Tensors = Mapping[str, Tensor]  # by role, see `names.ROLES`


def adapt(
    parameters: Mapping[str, nn.Parameter],
    reached: Reach,
    strength: float,
    read: Read,
    keep: torch.dtype | None = None,
) -> dict[str, nn.Parameter]:
    """The weights with a LoRA's changes at a strength; those that it does not reach as they are, not copied.

    Changes are computed in float32 and kept in the weight's own type, or in `keep`. read: a raw tensor of the LoRA
    file. Raises ModelError for adapters that do not fit.
    """
    found = dict(parameters)
    for adapter, target in reached.changes:
        tensors = {role: read(Take(info)) for role, info in adapter.tensors.items()}
        for name, weight in _changed(found, adapter, target, tensors, strength).items():
            found[name] = nn.Parameter(weight.to(keep or found[name].dtype).contiguous(), requires_grad=False)
    return found


def _changed(
    parameters: Mapping[str, nn.Parameter], adapter: Adapter, target: Target, tensors: Tensors, strength: float
) -> dict[str, Tensor]:
    """Every weight and bias that one adapter changes, as it is then."""
    weights = {role: t for role, t in tensors.items() if role != "diff_b"}
    found: dict[str, Tensor] = {}
    if weights.keys() - SIDE:
        found |= _through(parameters, target, weights, strength, adapter.module)
    if "diff_b" in tensors:
        biased = Target(tuple((bias(name), take) for name, take in target.weights if bias(name) in parameters))
        found |= _through(parameters, biased, {"diff": tensors["diff_b"]}, strength, adapter.module)
    return found


def _through(
    parameters: Mapping[str, nn.Parameter], target: Target, tensors: Tensors, strength: float, module: str
) -> dict[str, Tensor]:
    """Weights put together as the adapter was made for them, changed, and taken apart again."""
    if not target.weights:
        return {}
    weights = [parameters[name].data for name in target.names]
    turned = [_turned(w, take) for w, (_, take) in zip(weights, target.weights, strict=True)]
    parts = changed(torch.cat(turned), tensors, strength, module).split([len(t) for t in turned])
    each = zip(target.weights, parts, weights, strict=True)
    return {name: _turned(part, take).reshape(weight.shape) for (name, take), part, weight in each}


def _turned(weight: Tensor, take: Take | None) -> Tensor:
    """A weight as the file that the adapter was made for has it, and back: both turns are their own inverses."""
    if take is not None and take.swap:
        weight = torch.cat(weight.chunk(2)[::-1])
    return weight.T if take is not None and take.transpose else weight
