"""Wan's transformer: from the names of its first release to those of diffusers. No torch."""

from __future__ import annotations

from collections.abc import Mapping

from calotype.diffusion.header import TensorInfo
from calotype.diffusion.layouts.take import Take, renamed

ENDS = {
    "time_embedding.0": "condition_embedder.time_embedder.linear_1",
    "time_embedding.2": "condition_embedder.time_embedder.linear_2",
    "text_embedding.0": "condition_embedder.text_embedder.linear_1",
    "text_embedding.2": "condition_embedder.text_embedder.linear_2",
    "time_projection.1": "condition_embedder.time_proj",
    "head.head": "proj_out",
    "head.modulation": "scale_shift_table",
    "patch_embedding": "patch_embedding",
    "vace_patch_embedding": "vace_patch_embedding",
    "img_emb.proj.0": "condition_embedder.image_embedder.norm1",  # of Wan 2.1 that begins with a picture
}
BLOCK = {
    "self_attn": "attn1",
    "cross_attn": "attn2",
    "norm3": "norm2",  # the original numbers the norm of the cross-attention last
    "ffn.0": "ffn.net.0.proj",
    "ffn.2": "ffn.net.2",
    "modulation": "scale_shift_table",
}
ATTENTION = {"q": "to_q", "k": "to_k", "v": "to_v", "o": "to_out.0", "norm_q": "norm_q", "norm_k": "norm_k"}


def takes_original(tensors: Mapping[str, TensorInfo]) -> dict[str, Take]:
    """The transformer's tensors under diffusers' names."""
    named = ((_renamed(name), info) for name, info in tensors.items())
    return {name: Take(info) for name, info in named if name is not None}


def _renamed(name: str) -> str | None:
    match name.split("."):
        case ["blocks", number, "self_attn" | "cross_attn" as kind, part, leaf] if part in ATTENTION:
            return f"blocks.{number}.{BLOCK[kind]}.{ATTENTION[part]}.{leaf}"
        case ["blocks", number, *inner]:
            found = renamed(".".join(inner), BLOCK)
            return f"blocks.{number}.{found}" if found else None
    return renamed(name, ENDS)
