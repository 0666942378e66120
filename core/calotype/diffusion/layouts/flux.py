"""FLUX.1's transformer: from the names of Black Forest Labs' code to those of diffusers. No torch."""

from __future__ import annotations

from calotype.diffusion.header import TensorInfo
from calotype.diffusion.layouts.take import Take, Tensors, count, renamed, split

EDGES = {
    "img_in": "x_embedder",
    "txt_in": "context_embedder",
    "time_in.in_layer": "time_text_embed.timestep_embedder.linear_1",
    "time_in.out_layer": "time_text_embed.timestep_embedder.linear_2",
    "vector_in.in_layer": "time_text_embed.text_embedder.linear_1",
    "vector_in.out_layer": "time_text_embed.text_embedder.linear_2",
    "guidance_in.in_layer": "time_text_embed.guidance_embedder.linear_1",
    "guidance_in.out_layer": "time_text_embed.guidance_embedder.linear_2",
    "final_layer.linear": "proj_out",
    "final_layer.adaLN_modulation.1": "norm_out.linear",
}
DOUBLE = {
    "img_mod.lin": "norm1.linear",
    "txt_mod.lin": "norm1_context.linear",
    "img_attn.norm.query_norm": "attn.norm_q",
    "img_attn.norm.key_norm": "attn.norm_k",
    "txt_attn.norm.query_norm": "attn.norm_added_q",
    "txt_attn.norm.key_norm": "attn.norm_added_k",
    "img_attn.proj": "attn.to_out.0",
    "txt_attn.proj": "attn.to_add_out",
    "img_mlp.0": "ff.net.0.proj",
    "img_mlp.2": "ff.net.2",
    "txt_mlp.0": "ff_context.net.0.proj",
    "txt_mlp.2": "ff_context.net.2",
}
SINGLE = {
    "modulation.lin": "norm.linear",
    "norm.query_norm": "attn.norm_q",
    "norm.key_norm": "attn.norm_k",
    "linear2": "proj_out",
}
IMAGE = ("attn.to_q", "attn.to_k", "attn.to_v")
TEXT = ("attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj")


def takes(tensors: Tensors) -> dict[str, Take]:
    """The transformer's tensors under diffusers' names."""
    width = tensors["img_in.weight"].shape[0] if "img_in.weight" in tensors else 0
    table = EDGES | blocks(count(tensors, "double_blocks"), count(tensors, "single_blocks"))
    taken: dict[str, Take] = {}
    for name, info in tensors.items():
        match name.split("."):
            case ["double_blocks", i, "img_attn" | "txt_attn" as side, "qkv", leaf]:
                modules = IMAGE if side == "img_attn" else TEXT
                taken |= split(info, (f"transformer_blocks.{i}.{module}.{leaf}" for module in modules))
            case ["single_blocks", i, "linear1", leaf]:
                taken |= _single(f"single_transformer_blocks.{i}", leaf, info, width)
            case _:
                new = renamed(name, table)
                if new is not None:  # the original modulates its end by (shift, scale), diffusers by (scale, shift)
                    new = new.removesuffix(".scale") + ".weight" if new.endswith(".scale") else new
                    taken[new] = Take(info, swap=new.startswith("norm_out.linear."))
    return taken


def blocks(double: int, single: int) -> dict[str, str]:
    """Module of the original code -> module of diffusers, for so many blocks; without joined projections."""
    found: dict[str, str] = {}
    for i in range(double):
        found |= {f"double_blocks.{i}.{old}": f"transformer_blocks.{i}.{new}" for old, new in DOUBLE.items()}
    for i in range(single):
        found |= {f"single_blocks.{i}.{old}": f"single_transformer_blocks.{i}.{new}" for old, new in SINGLE.items()}
    return found


def _single(block: str, leaf: str, info: TensorInfo, width: int) -> dict[str, Take]:
    """Of a single block, q, k, v and the first half of the MLP are one matrix."""
    names = [f"{block}.{module}.{leaf}" for module in (*IMAGE, "proj_mlp")]
    return split(info, names, (width, width, width, max(0, info.shape[0] - 3 * width)))
