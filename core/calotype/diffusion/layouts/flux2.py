"""FLUX.2's transformer and autoencoder: from the names of their first release to those of diffusers. No torch."""

from __future__ import annotations

from collections.abc import Mapping

from calotype.diffusion.header import TensorInfo
from calotype.diffusion.layouts import vae
from calotype.diffusion.layouts.take import Take, renamed, split

ENDS = {
    "img_in": "x_embedder",
    "txt_in": "context_embedder",
    "time_in.in_layer": "time_guidance_embed.timestep_embedder.linear_1",
    "time_in.out_layer": "time_guidance_embed.timestep_embedder.linear_2",
    "guidance_in.in_layer": "time_guidance_embed.guidance_embedder.linear_1",
    "guidance_in.out_layer": "time_guidance_embed.guidance_embedder.linear_2",
    "double_stream_modulation_img.lin": "double_stream_modulation_img.linear",
    "double_stream_modulation_txt.lin": "double_stream_modulation_txt.linear",
    "single_stream_modulation.lin": "single_stream_modulation.linear",
    "final_layer.linear": "proj_out",
    "final_layer.adaLN_modulation.1": "norm_out.linear",
}
DOUBLE = {
    "img_attn.norm.query_norm": "attn.norm_q",
    "img_attn.norm.key_norm": "attn.norm_k",
    "img_attn.proj": "attn.to_out.0",
    "img_mlp.0": "ff.linear_in",
    "img_mlp.2": "ff.linear_out",
    "txt_attn.norm.query_norm": "attn.norm_added_q",
    "txt_attn.norm.key_norm": "attn.norm_added_k",
    "txt_attn.proj": "attn.to_add_out",
    "txt_mlp.0": "ff_context.linear_in",
    "txt_mlp.2": "ff_context.linear_out",
}
SINGLE = {
    "linear1": "attn.to_qkv_mlp_proj",
    "linear2": "attn.to_out",
    "norm.query_norm": "attn.norm_q",
    "norm.key_norm": "attn.norm_k",
}
JOINED = {"img_attn": "to_{}", "txt_attn": "add_{}_proj"}
LAST_NORM = "final_layer.adaLN_modulation.1.weight"  # shift and scale; diffusers has scale and shift


def takes_original(tensors: Mapping[str, TensorInfo]) -> dict[str, Take]:
    """The transformer's tensors under diffusers' names."""
    taken: dict[str, Take] = {}
    for name, info in tensors.items():
        taken |= _taken(name, info)
    return taken


def _taken(name: str, info: TensorInfo) -> dict[str, Take]:
    match name.split("."):
        case ["double_blocks", number, "img_attn" | "txt_attn" as stream, "qkv", leaf]:
            base = f"transformer_blocks.{number}.attn."
            return split(info, (f"{base}{JOINED[stream].format(part)}.{leaf}" for part in "qkv"))
        case ["double_blocks", number, *inner]:
            found = renamed(".".join(inner), DOUBLE)
            return {f"transformer_blocks.{number}.{_weight(found)}": Take(info)} if found else {}
        case ["single_blocks", number, *inner]:
            found = renamed(".".join(inner), SINGLE)
            return {f"single_transformer_blocks.{number}.{_weight(found)}": Take(info)} if found else {}
    found = renamed(name, ENDS)
    return {found: Take(info, swap=name == LAST_NORM)} if found else {}


def _weight(name: str) -> str:
    """The original calls the weights of its norms scales."""
    return name.removesuffix(".scale") + ".weight" if name.endswith(".scale") else name


def takes_vae(tensors: Mapping[str, TensorInfo]) -> dict[str, Take]:
    """The autoencoder's tensors under diffusers' names, from either naming; the statistics of its latents included."""
    flat = {_outside(name): info for name, info in tensors.items()}
    old = any(name.startswith(("encoder.down.", "decoder.up.")) for name in flat)
    statistics = {name: Take(info) for name, info in flat.items() if name.startswith("bn.")}
    return (vae.takes_ldm(flat) if old else vae.takes_diffusers(flat)) | statistics


def _outside(name: str) -> str:
    """The original keeps the two 1x1 convolutions inside the encoder and the decoder."""
    for side, inner in (("encoder.", "quant_conv."), ("decoder.", "post_quant_conv.")):
        if name.startswith(side + inner):
            return name.removeprefix(side)
    return name
