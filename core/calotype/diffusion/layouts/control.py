"""ControlNets: from the original code's names to those of diffusers. No torch."""

from __future__ import annotations

from collections.abc import Mapping

from calotype.diffusion.header import TensorInfo
from calotype.diffusion.layouts import unet
from calotype.diffusion.layouts.take import Take, renamed

ADAPTER_LEVELS = 4  # of a U-Net that a T2I-Adapter steers


def takes_ldm(tensors: Mapping[str, TensorInfo]) -> dict[str, Take]:
    """The ControlNet's tensors under diffusers' names, from a file of the original code."""
    table = unet.modules(tensors) | hint_modules(tensors) | output_modules(tensors)
    named = ((renamed(name, table), info) for name, info in tensors.items())
    return {name: Take(info) for name, info in named if name is not None}


def hint_modules(tensors: Mapping[str, TensorInfo]) -> dict[str, str]:
    """The network that reads the hint: a row of convolutions with activations between."""
    rows = sorted({int(n.split(".")[1]) for n in tensors if n.startswith("input_hint_block.")})
    inner = {f"input_hint_block.{row}": f"controlnet_cond_embedding.blocks.{i}" for i, row in enumerate(rows[1:-1])}
    if not rows:
        return inner
    first, last = f"input_hint_block.{rows[0]}", f"input_hint_block.{rows[-1]}"
    return inner | {first: "controlnet_cond_embedding.conv_in", last: "controlnet_cond_embedding.conv_out"}


def output_modules(tensors: Mapping[str, TensorInfo]) -> dict[str, str]:
    """The 1x1 convolutions, zero before training, through which the network speaks."""
    rows = {n.split(".")[1] for n in tensors if n.startswith("zero_convs.")}
    down = {f"zero_convs.{row}.0": f"controlnet_down_blocks.{row}" for row in rows}
    return down | {"middle_block_out.0": "controlnet_mid_block"}


def takes_adapter(tensors: Mapping[str, TensorInfo]) -> dict[str, Take]:
    """A T2I-Adapter's tensors under diffusers' names: the original code counts the blocks of all levels in one row."""
    rows = 1 + max((int(n.split(".")[1]) for n in tensors if n.startswith("body.")), default=-1)
    each = max(1, rows // ADAPTER_LEVELS)
    taken = {}
    for name, info in tensors.items():
        match name.split("."):
            case ["body", row, "in_conv", leaf]:
                taken[f"adapter.body.{int(row) // each}.in_conv.{leaf}"] = Take(info)
            case ["body", row, block, leaf]:
                taken[f"adapter.body.{int(row) // each}.resnets.{int(row) % each}.{block}.{leaf}"] = Take(info)
            case _:
                taken[f"adapter.{name}"] = Take(info)
    return taken


def takes_light_adapter(tensors: Mapping[str, TensorInfo]) -> dict[str, Take]:
    """The same for a light one, whose blocks are inside their levels."""
    taken = {}
    for name, info in tensors.items():
        match name.split("."):
            case ["body", level, "body", block, *rest]:
                taken[f"adapter.body.{level}.resnets.{block}.{'.'.join(rest)}"] = Take(info)
            case _:
                taken[f"adapter.{name}"] = Take(info)
    return taken
