"""What files of image encoders and of style models look like. From headers alone; no torch."""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt
from typing import Any

from calotype.diffusion.families.inspect import inspect_header
from calotype.diffusion.header import Header, TensorInfo
from calotype.diffusion.layouts import clip
from calotype.diffusion.layouts.take import Take, Takes, count, takes_named
from calotype.errors import ModelError

SIGLIP = "siglip"
DEPTHS = ((48, "clip-vision-g"), (31, "clip-vision-h"), (0, "clip-vision-l"))
"""Layers of a CLIP that sees, at least -> its name."""
FLUX = "flux"
OUTER, OPEN = "vision_model.", "visual."
OPEN_ENDS = {
    "class_embedding": "embeddings.class_embedding",
    "conv1.weight": "embeddings.patch_embedding.weight",
    "positional_embedding": "embeddings.position_embedding.weight",
    "ln_pre.weight": "pre_layrnorm.weight",
    "ln_pre.bias": "pre_layrnorm.bias",
    "ln_post.weight": "post_layernorm.weight",
    "ln_post.bias": "post_layernorm.bias",
}
INNER = ("embeddings.", "pre_layrnorm.", "encoder.", "post_layernorm.")
HEADS = 16  # of every encoder that is published for this
QUICK = frozenset({"clip-vision-l"})  # which approximate their activation as OpenAI's CLIP does


def vision_takes(header: Header) -> dict[str, Take]:
    """An image encoder's tensors under transformers' names, without the outer one; none where it is no such file."""
    if OPEN + "conv1.weight" in header.tensors:
        return _takes_openclip(header.under(OPEN))
    if OUTER + "embeddings.patch_embedding.weight" not in header.tensors:
        return {}
    found = takes_named(header.under(OUTER))
    kept = {name: take for name, take in found.items() if name.startswith(INNER) and "position_ids" not in name}
    projection = header.tensors.get("visual_projection.weight")
    return kept | ({"visual_projection.weight": Take(projection)} if projection else {})


def _takes_openclip(tensors: Mapping[str, TensorInfo]) -> dict[str, Take]:
    blocks = {name: info for name, info in tensors.items() if name.startswith("transformer.")}
    ends = {OPEN_ENDS[name]: Take(info) for name, info in tensors.items() if name in OPEN_ENDS}
    found = clip.takes_openclip(blocks) | ends
    return found | ({"visual_projection.weight": Take(tensors["proj"], transpose=True)} if "proj" in tensors else {})


def vision_family(header: Header) -> str:
    """Which image encoder a file is. Raises ModelError for another file."""
    takes = vision_takes(header)
    if not takes:
        raise ModelError(f"{header.path.name} {_other(header)}; it is no image encoder (CLIP vision or SigLIP).")
    return named(takes)


def named(takes: Takes) -> str:
    """Which image encoder has these tensors: SigLIP does without a class token; CLIPs differ in their depth."""
    layers = count(takes, "encoder.layers")
    if "embeddings.class_embedding" not in takes:
        return SIGLIP
    return next(name for least, name in DEPTHS if layers >= least)


def style_family(header: Header) -> str:
    """The family that a style model is for. Raises ModelError for another file."""
    if "redux_up.weight" not in header.tensors:
        raise ModelError(f"{header.path.name} {_other(header)}; it is no style model (FLUX.1 Redux).")
    return FLUX


def _other(header: Header) -> str:
    try:
        return f"has {inspect_header(header).title} weights"
    except ModelError:
        return "is of another kind"


def config(takes: Takes) -> dict[str, Any]:
    """The arguments of transformers' configuration of an image encoder."""
    width, channels, patch, _ = takes["embeddings.patch_embedding.weight"].shape
    name = named(takes)
    places = takes["embeddings.position_embedding.weight"].shape[0] - (name != SIGLIP)
    projection = takes.get("visual_projection.weight")
    more = {"projection_dim": projection.shape[0]} if projection else {}
    return more | {
        "hidden_size": width,
        "intermediate_size": takes["encoder.layers.0.mlp.fc1.weight"].shape[0],
        "num_hidden_layers": count(takes, "encoder.layers"),
        "num_attention_heads": HEADS if width % HEADS == 0 else 1,
        "num_channels": channels,
        "image_size": side(isqrt(places), patch, name),
        "patch_size": patch,
        "hidden_act": "gelu_pytorch_tanh" if name == SIGLIP else "quick_gelu" if name in QUICK else "gelu",
        "attn_implementation": "sdpa",
    }


def side(patches: int, patch: int, name: str) -> int:
    """Pixels along a side of what the encoder looks at; SigLIP at 384 pixels leaves out a rest of six."""
    return 384 if (patches, patch, name) == (27, 14, SIGLIP) else patches * patch
