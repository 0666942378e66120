"""Wan 2.x: video from text. Wan team 2025, "Wan: open and advanced large-scale video generative models"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from calotype.diffusion.families.base import Family, Flow, Layout, Network, Slot, T5Facts
from calotype.diffusion.layouts import wan
from calotype.diffusion.layouts.take import Takes, count, takes_named
from calotype.diffusion.normalised import WAN_DEVIATION, WAN_MEAN, NormalisedLatents

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from calotype.diffusion.step import Step

UMT5 = Slot("umt5xxl", "UMT5-XXL", T5Facts(length=512), "umt5", 4096)
HEAD = 128  # channels of an attention head
POSITIONS = 1024  # along each axis


def config(takes: Takes) -> dict[str, Any]:
    """The arguments of WanTransformer3DModel for a transformer with these tensors."""
    width, channels, *patch = takes["patch_embedding.weight"].shape
    heads = max(1, width // HEAD)
    return {
        "patch_size": tuple(patch),
        "num_attention_heads": heads,
        "attention_head_dim": width // heads,
        "in_channels": channels,
        "out_channels": takes["proj_out.weight"].shape[0] // (patch[0] * patch[1] * patch[2]),
        "text_dim": takes["condition_embedder.text_embedder.linear_1.weight"].shape[1],
        "freq_dim": takes["condition_embedder.time_embedder.linear_1.weight"].shape[1],
        "ffn_dim": takes["blocks.0.ffn.net.0.proj.weight"].shape[0],
        "num_layers": count(takes, "blocks"),
        "cross_attn_norm": "blocks.0.norm2.weight" in takes,
    }


def forward(step: Step) -> Tensor:
    """The velocity towards noise, of all frames at once. x: (B, C, T, h, w); timestep: 1000 sigma."""
    from calotype.diffusion.patches import evened

    raw = step.module(
        hidden_states=evened(step.x), timestep=step.timestep, encoder_hidden_states=step.tokens, return_dict=False
    )[0]
    return raw[..., : step.x.shape[-2], : step.x.shape[-1]]


def positions(transformer: Any, device: torch.device) -> None:
    """Give the transformer its table of positions, which no file holds."""
    from diffusers.models.transformers.transformer_wan import WanRotaryPosEmbed

    said = transformer.config
    transformer.rope = WanRotaryPosEmbed(said.attention_head_dim, said.patch_size, POSITIONS).to(device)


FAMILY = Family(
    name="wan",
    title="Wan 2.x",
    latent=NormalisedLatents(channels=16, frames=True, mean=WAN_MEAN, deviation=WAN_DEVIATION),
    text=(UMT5,),
    network=Network(
        module="diffusers.models.transformers.transformer_wan:WanTransformer3DModel",
        config=config,
        listens="condition_embedder.text_embedder.linear_1.weight",
        layouts=(
            Layout("original", ("head.modulation", "patch_embedding.weight"), wan.takes_original),
            Layout("diffusers", ("condition_embedder.time_proj.weight", "patch_embedding.weight"), takes_named),
        ),
        forward=forward,
        flow=lambda takes: Flow(shift=8.0),
        finish=positions,
    ),
    vae="video",
)
