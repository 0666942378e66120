"""Weights held in 8 bits though their file has more: half or a quarter of the memory, and numbers that differ a little.

Layerwise casting, as diffusers calls it, and of the same layers; but nothing is written to a weight when its layer
computes, so that it goes with every way onto a device, and models of one file share what their patches leave alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from calotype.diffusion.layouts.take import Take, Takes

if TYPE_CHECKING:
    from calotype.diffusion.loading.job import Job

NARROW = torch.float8_e4m3fn
LARGEST = 448.0  # that it can say; larger ones would become NaN
LAYERS = (nn.Linear, nn.modules.conv._ConvNd)
PARTS = ("denoiser", "controlnet")  # text encoders and VAEs are small, and suffer more

Parameters = Mapping[str, nn.Parameter]


def narrowed(job: Job, module: nn.Module, takes: Takes, read: Parameters, patched: Parameters) -> Parameters:
    """The weights of `patched` with those of layers in 8 bits, if the job asks for it.

    read: as the file has them: what is the same object there is shared between the modules of a file.
    """
    if not job.narrow:
        return patched
    identity = job.identity
    made = dict(patched)
    for name in layers_of(module):
        weight = patched.get(name)
        if weight is None or weight.dim() < 2 or not weight.is_floating_point() or weight.dtype.itemsize == 1:
            continue
        key = (identity, _view(takes[name]), job.home, NARROW) if weight is read[name] else None
        kept = job.shared.find(key) if key is not None else None
        if kept is None:
            kept = nn.Parameter(small(weight), requires_grad=False)
            kept = job.shared.keep(key, kept) if key is not None else kept
        made[name] = kept
    return made


def layers_of(module: nn.Module) -> Iterator[str]:
    """Names of the weights that may be in 8 bits: those of linear layers and convolutions, but for the layers that
    diffusers knows to be sensitive in general or in this network.
    """
    from diffusers.hooks.layerwise_casting import DEFAULT_SKIP_MODULES_PATTERN

    own = getattr(module, "_skip_layerwise_casting_patterns", None) or ()
    skipped = [re.compile(pattern) for pattern in (*DEFAULT_SKIP_MODULES_PATTERN, *own)]
    for name, layer in module.named_modules():
        if isinstance(layer, LAYERS) and not any(p.search(part) for p in skipped for part in _within(name)):
            yield f"{name}.weight"


def small(weight: Tensor) -> Tensor:
    """A weight in 8 bits."""
    return weight.data.clamp(-LARGEST, LARGEST).to(NARROW)


def _within(name: str) -> Iterator[str]:
    """A layer's name, and those of what it is in."""
    while name:
        yield name
        name = name.rpartition(".")[0]


def _view(take: Take) -> tuple[object, ...]:
    return (take.source.file, take.source.name, take.rows, take.squeeze, take.transpose, take.swap)
