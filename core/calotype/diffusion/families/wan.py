"""Wan 2.x: video from text. Wan team 2025, "Wan: open and advanced large-scale video generative models"."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from calotype.diffusion.families.base import Family, Flow, Layout, Network, Slot, T5Facts
from calotype.diffusion.header import Header
from calotype.diffusion.layouts import wan
from calotype.diffusion.layouts.take import Takes, count, takes_named
from calotype.diffusion.normalised import (
    WAN_5B_DEVIATION,
    WAN_5B_MEAN,
    WAN_DEVIATION,
    WAN_MEAN,
    NormalisedLatents,
)
from calotype.errors import ModelError

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
    made = takes["proj_out.weight"].shape[0] // (patch[0] * patch[1] * patch[2])
    if channels != made:
        raise ModelError(
            f"this Wan model reads {channels} channels and makes {made}: it starts from a picture, which this version "
            "cannot run. Use a model that makes videos from text."
        )
    return {
        "patch_size": tuple(patch),
        "num_attention_heads": heads,
        "attention_head_dim": width // heads,
        "in_channels": channels,
        "out_channels": made,
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


@dataclass(frozen=True, slots=True)
class WideLayout(Layout):
    """A layout of Wan 2.2 5B, which differs by the channels of its latents alone."""

    def stands(self, header: Header, prefix: str) -> bool:
        """See `Layout`."""
        return Layout.stands(self, header, prefix) and header.shape(prefix + "patch_embedding.weight")[1:2] == (48,)


MARKS = (
    ("original", ("head.modulation", "patch_embedding.weight"), wan.takes_original),
    ("diffusers", ("condition_embedder.time_proj.weight", "patch_embedding.weight"), takes_named),
)

FAMILY = Family(
    name="wan",
    title="Wan 2.1",
    latent=NormalisedLatents(channels=16, frames=True, mean=WAN_MEAN, deviation=WAN_DEVIATION),
    text=(UMT5,),
    network=Network(
        module="diffusers.models.transformers.transformer_wan:WanTransformer3DModel",
        config=config,
        listens="condition_embedder.text_embedder.linear_1.weight",
        layouts=tuple(Layout(*marks) for marks in MARKS),
        forward=forward,
        flow=lambda takes: Flow(shift=8.0),
        finish=positions,
    ),
    vae="video",
)
assert FAMILY.network is not None
WAN_5B = replace(
    FAMILY,
    name="wan-5b",
    title="Wan 2.2 5B",
    latent=NormalisedLatents(channels=48, factor=16, frames=True, mean=WAN_5B_MEAN, deviation=WAN_5B_DEVIATION),
    network=replace(FAMILY.network, layouts=tuple(WideLayout(*marks) for marks in MARKS)),
)
