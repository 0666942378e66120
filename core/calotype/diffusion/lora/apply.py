"""Weights with LoRAs in them: new tensors where a LoRA reaches, the model's own everywhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from calotype.diffusion.header import Header
from calotype.diffusion.layouts.take import Take, Takes
from calotype.diffusion.lora.delta import delta
from calotype.diffusion.lora.names import adapters, aliases, is_for
from calotype.errors import ModelError


def adapt(
    parameters: Mapping[str, nn.Parameter],
    takes: Takes,
    lora: Header,
    strength: float,
    kind: str,
    read: Callable[[Take], Tensor],
    index: int = 0,
    count: int = 1,
    rounding: torch.dtype | None = None,
) -> dict[str, nn.Parameter]:
    """W + strength * alpha / rank * up @ down for every weight that the LoRA reaches; the others as they are.

    The sum is taken in float32 and kept in the weight's own type. kind: "denoiser" or "text_encoder"; index of count:
    which of several text encoders; read: the raw tensor of the LoRA file; rounding: a type to which the sum is rounded
    first. Raises ModelError when the LoRA is meant for this kind of model but reaches none of its weights.
    """
    known = aliases(kind, takes, index, count)
    meant = {name: adapter for name, adapter in adapters(lora).items() if is_for(kind, name)}
    reached = {known[name]: adapter for name, adapter in meant.items() if name in known}
    if meant and not reached and count == 1:
        raise ModelError(
            f"{lora.path.name} changes none of this model's weights; it names, for one, {next(iter(meant))!r}."
        )
    changed = dict(parameters)
    for weight, adapter in reached.items():
        base = parameters[weight]
        tensors = {role: read(Take(info)).to(base.device) for role, info in adapter.tensors.items()}
        change = delta(tensors, base.shape, adapter.module)
        total = base.float().add(change, alpha=strength).to(rounding or base.dtype).to(base.dtype)
        changed[weight] = nn.Parameter(total, requires_grad=False)
    return changed
