"""Autoencoders of the KL family: from the original code's names to those of diffusers. No torch."""

from __future__ import annotations

from collections.abc import Mapping

from calotype.diffusion.header import TensorInfo
from calotype.diffusion.layouts.take import Take

ATTENTION = {"norm": "group_norm", "q": "to_q", "k": "to_k", "v": "to_v", "proj_out": "to_out.0"}
OLD_ATTENTION = {"query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"}  # diffusers before 0.15
ENDS = {"norm_out": "conv_norm_out", "conv_in": "conv_in", "conv_out": "conv_out"}


def takes_ldm(tensors: Mapping[str, TensorInfo]) -> dict[str, Take]:
    """The autoencoder's tensors under diffusers' names, from a file of the original code."""
    levels = 1 + max((int(n.split(".")[2]) for n in tensors if n.startswith("encoder.down.")), default=-1)
    named = ((_renamed(name, levels), info) for name, info in tensors.items())
    return {name: _take(name, info) for name, info in named if name is not None}


def takes_diffusers(tensors: Mapping[str, TensorInfo]) -> dict[str, Take]:
    """The autoencoder's tensors from a file of diffusers, new or old names of its attention."""
    return {name: _take(name, info) for name, info in ((_modern(n), i) for n, i in tensors.items())}


def _take(name: str, info: TensorInfo) -> Take:
    return Take(info, squeeze=".attentions." in name and len(info.shape) == 4)


def _modern(name: str) -> str:
    parts = name.split(".")
    if "attentions" in parts:
        parts[-2] = OLD_ATTENTION.get(parts[-2], parts[-2])
    return ".".join(parts)


def _renamed(name: str, levels: int) -> str | None:
    match name.split("."):
        case ["quant_conv" | "post_quant_conv", _]:
            return name
        case [side, end, leaf] if end in ENDS:
            return f"{side}.{ENDS[end]}.{leaf}"
        case [side, "mid", "attn_1", inner, leaf]:
            return f"{side}.mid_block.attentions.0.{ATTENTION.get(inner, inner)}.{leaf}"
        case [side, "mid", block, inner, leaf]:
            return f"{side}.mid_block.resnets.{int(block[-1]) - 1}.{_resnet(inner)}.{leaf}"
        case [side, "down" | "up" as way, level, "block", layer, inner, leaf]:
            return f"{side}.{_level(way, int(level), levels)}.resnets.{layer}.{_resnet(inner)}.{leaf}"
        case [side, "down" | "up" as way, level, _, "conv", leaf]:
            return f"{side}.{_level(way, int(level), levels)}.{way}samplers.0.conv.{leaf}"
    return None


def _level(way: str, level: int, levels: int) -> str:
    """The original decoder counts its levels from the outside in, diffusers in order of use."""
    return f"down_blocks.{level}" if way == "down" else f"up_blocks.{levels - 1 - level}"


def _resnet(inner: str) -> str:
    return "conv_shortcut" if inner == "nin_shortcut" else inner
