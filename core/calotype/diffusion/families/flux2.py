"""FLUX.2: two streams, then one, all layers modulated alike. Black Forest Labs 2025."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from calotype.diffusion.families.base import Family, Flow, Layout, Network, Slot
from calotype.diffusion.families.language import UNTHINKING, LanguageFacts
from calotype.diffusion.latents import LatentFormat
from calotype.diffusion.layouts import flux2
from calotype.diffusion.layouts.take import Takes, count, takes_named

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from calotype.diffusion.step import Step

FACTS = LanguageFacts(UNTHINKING, (9, 18, 27), padded=True)
QWEN3 = Slot("qwen3", "Qwen 3", FACTS, "qwen3")
MU = 2.02  # logarithm of the shift when nobody says: about that of 1024 x 1024 pixels in 20 steps
GUIDANCE = 4.0  # what a model that was distilled with guidance is told when nobody says
APART = 10  # along the axis of time, between the new picture and each that is edited


def config(takes: Takes) -> dict[str, Any]:
    """The arguments of Flux2Transformer2DModel for a transformer with these tensors."""
    width, channels = takes["x_embedder.weight"].shape
    head = takes["transformer_blocks.0.attn.norm_q.weight"].shape[0]
    return {
        "in_channels": channels,
        "num_layers": count(takes, "transformer_blocks"),
        "num_single_layers": count(takes, "single_transformer_blocks"),
        "attention_head_dim": head,
        "num_attention_heads": width // head,
        "joint_attention_dim": takes["context_embedder.weight"].shape[1],
        "timestep_guidance_channels": takes["time_guidance_embed.timestep_embedder.linear_1.weight"].shape[1],
        "mlp_ratio": takes["transformer_blocks.0.ff.linear_out.weight"].shape[1] / width,
        "axes_dims_rope": (head // 4,) * 4,
        "guidance_embeds": "time_guidance_embed.guidance_embedder.linear_1.weight" in takes,
    }


def forward(step: Step) -> Tensor:
    """The velocity towards noise. x: (B, 128, h, w), a cell 16 pixels wide; timestep: sigma.

    options `reference.0`, ...: (B, 128, h', w') of the pictures to edit, further tokens that are set apart in time;
    `guidance`: for models that were distilled with it.
    """
    import torch

    from calotype.diffusion.references import references

    pictures = (step.x, *references(step))
    places = torch.cat([_places(one.shape, i * APART) for i, one in enumerate(pictures)])
    words = torch.cartesian_prod(*map(torch.arange, (1, 1, 1, step.tokens.shape[1])))
    raw = step.module(
        hidden_states=torch.cat([one.flatten(2).mT for one in pictures], dim=1),
        encoder_hidden_states=step.tokens,
        timestep=step.timestep.to(step.dtype),
        img_ids=places.to(step.device),
        txt_ids=words.to(step.device),
        guidance=_guidance(step),
        return_dict=False,
    )[0]
    return raw[:, : step.x.shape[-2] * step.x.shape[-1]].mT.unflatten(2, step.x.shape[-2:])


def _places(shape: torch.Size, time: int) -> Tensor:
    """Time, row, column and 0 of each cell of latents (B, C, h, w): (h w, 4)."""
    import torch

    rows, columns = torch.arange(shape[-2]), torch.arange(shape[-1])
    return torch.cartesian_prod(torch.tensor([time]), rows, columns, torch.tensor([0]))


def _guidance(step: Step) -> Tensor | None:
    if not step.module.config.guidance_embeds:
        return None
    import torch

    return torch.full((len(step.x),), float(step.options.get("guidance", GUIDANCE)), device=step.device)


FAMILY = Family(
    name="flux2",
    title="FLUX.2",
    latent=LatentFormat(channels=128, factor=16),
    text=(QWEN3,),
    network=Network(
        module="diffusers.models.transformers.transformer_flux2:Flux2Transformer2DModel",
        config=config,
        listens="context_embedder.weight",
        layouts=(
            Layout("original", ("double_stream_modulation_img.lin.weight",), flux2.takes_original),
            Layout("diffusers", ("double_stream_modulation_img.linear.weight",), takes_named),
        ),
        forward=forward,
        flow=lambda takes: Flow(shift=math.exp(MU), multiplier=1.0),
    ),
    vae="flux2",
)
