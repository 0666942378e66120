"""ControlNets: from the original code's names to those of diffusers. No torch."""

from __future__ import annotations

from collections.abc import Mapping

from calotype.diffusion.header import TensorInfo
from calotype.diffusion.layouts import unet
from calotype.diffusion.layouts.take import Take, renamed


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
