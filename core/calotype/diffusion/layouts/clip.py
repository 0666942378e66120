"""CLIP text encoders: from OpenAI's, OpenCLIP's and transformers' names to one naming. No torch.

The names are those inside transformers' text model: `embeddings...`, `encoder.layers.N...`, `final_layer_norm`, and
`text_projection.weight` beside them.
"""

from __future__ import annotations

from collections.abc import Mapping

from calotype.diffusion.header import TensorInfo
from calotype.diffusion.layouts.take import Take, split

PARTS = ("embeddings.", "encoder.", "final_layer_norm.")
OPEN_ENDS = {
    "positional_embedding": "embeddings.position_embedding.weight",
    "token_embedding.weight": "embeddings.token_embedding.weight",
    "ln_final.weight": "final_layer_norm.weight",
    "ln_final.bias": "final_layer_norm.bias",
}
OPEN_INNER = {
    "ln_1": "layer_norm1",
    "ln_2": "layer_norm2",
    "attn.out_proj": "self_attn.out_proj",
    "mlp.c_fc": "mlp.fc1",
    "mlp.c_proj": "mlp.fc2",
}


def takes_transformers(tensors: Mapping[str, TensorInfo]) -> dict[str, Take]:
    """From transformers' names, with or without `text_model.` in front."""
    taken = {name.removeprefix("text_model."): Take(info) for name, info in tensors.items()}
    kept = {n: t for n, t in taken.items() if n.startswith(PARTS) and not n.endswith("position_ids")}
    projection = taken.get("text_projection.weight")
    return kept | ({"text_projection.weight": projection} if projection else {})


def takes_openclip(tensors: Mapping[str, TensorInfo]) -> dict[str, Take]:
    """From OpenCLIP's names; its joined projection of q, k and v is seen as three."""
    taken = {OPEN_ENDS[name]: Take(info) for name, info in tensors.items() if name in OPEN_ENDS}
    if "text_projection" in tensors:
        taken["text_projection.weight"] = Take(tensors["text_projection"], transpose=True)
    elif "text_projection.weight" in tensors:
        taken["text_projection.weight"] = Take(tensors["text_projection.weight"])
    for name, info in tensors.items():
        if name.startswith("transformer.resblocks."):
            taken |= _block(name.split(".")[2], ".".join(name.split(".")[3:]), info)
    return taken


def _block(layer: str, inner: str, info: TensorInfo) -> dict[str, Take]:
    base = f"encoder.layers.{layer}"
    if inner.startswith("attn.in_proj_"):
        leaf = inner.removeprefix("attn.in_proj_")
        return split(info, (f"{base}.self_attn.{p}_proj.{leaf}" for p in "qkv"))
    module, _, leaf = inner.rpartition(".")
    return {f"{base}.{OPEN_INNER[module]}.{leaf}": Take(info)} if module in OPEN_INNER else {}
