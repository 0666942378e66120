"""The arguments of diffusers' modules, read from tensor shapes. No torch."""

from __future__ import annotations

from typing import Any

from calotype.diffusion.families.base import Family
from calotype.diffusion.layouts.take import Takes, count


def unet(takes: Takes, family: Family) -> dict[str, Any]:
    """The arguments of UNet2DConditionModel for a U-Net with these tensors (diffusers' names)."""
    widths, attended, depths = _levels(takes)
    cross = ["CrossAttnDownBlock2D" if a else "DownBlock2D" for a in attended]
    middle = "mid_block.attentions.0.norm.weight" in takes
    return {
        "in_channels": takes["conv_in.weight"].shape[1],
        "out_channels": takes["conv_out.weight"].shape[0],
        "block_out_channels": tuple(widths),
        "layers_per_block": count(takes, "down_blocks.0.resnets"),
        "down_block_types": tuple(cross),
        "up_block_types": tuple(kind.replace("Down", "Up") for kind in reversed(cross)),
        "mid_block_type": "UNetMidBlock2DCrossAttn" if middle else "UNetMidBlock2D",
        "transformer_layers_per_block": tuple(depths),
        "cross_attention_dim": _context(takes),
        "attention_head_dim": tuple(family.heads(width) for width in widths),
        "use_linear_projection": len(_first(takes, ".proj_in.weight")) == 2,
        **_sizes(takes, family),
    }


def control(takes: Takes, family: Family) -> dict[str, Any]:
    """The arguments of ControlNetModel for a ControlNet with these tensors (diffusers' names)."""
    shared = unet({**takes, "conv_out.weight": takes["conv_in.weight"]}, family)
    usual = shared["mid_block_type"] == "UNetMidBlock2DCrossAttn"  # the only one that some ControlNets have
    dropped = ("out_channels", "up_block_types", *(("mid_block_type",) if usual else ()))
    inner = [takes[f"controlnet_cond_embedding.blocks.{i}.weight"].shape[0] for i in range(1, 6, 2)]
    first = takes["controlnet_cond_embedding.conv_in.weight"].shape
    return {k: v for k, v in shared.items() if k not in dropped} | {
        "conditioning_embedding_out_channels": (first[0], *inner),
        "conditioning_channels": first[1],
    }


def _levels(takes: Takes) -> tuple[list[int], list[bool], list[int]]:
    """For each level, outermost first: width, whether it attends, how many transformer blocks."""
    levels = range(count(takes, "down_blocks"))
    widths = [takes[f"down_blocks.{i}.resnets.0.conv1.weight"].shape[0] for i in levels]
    attended = [f"down_blocks.{i}.attentions.0.norm.weight" in takes for i in levels]
    depths = [count(takes, f"down_blocks.{i}.attentions.0.transformer_blocks") or 1 for i in levels]
    middle = count(takes, "mid_block.attentions.0.transformer_blocks")
    if middle and not attended[-1]:
        depths[-1] = middle  # diffusers takes the middle's depth from the innermost level
    return widths, attended, depths


def _sizes(takes: Takes, family: Family) -> dict[str, Any]:
    """The embedding of sizes beside the pooled text: each number becomes a vector of 256."""
    embedding = takes.get("add_embedding.linear_1.weight")
    if embedding is None:
        return {}
    return {
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": family.embedding.get("width", 256),
        "projection_class_embeddings_input_dim": embedding.shape[1],
    }


def _context(takes: Takes) -> int:
    shape = _first(takes, ".attn2.to_k.weight")
    return shape[1] if shape else 768


def _first(takes: Takes, ending: str) -> tuple[int, ...]:
    return next((t.shape for name, t in takes.items() if name.endswith(ending)), ())
