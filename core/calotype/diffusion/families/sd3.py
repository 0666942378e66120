"""SD 3 and 3.5: a transformer over image and text together, two CLIPs and a T5. Esser et al. 2024."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isqrt
from typing import TYPE_CHECKING, Any

from calotype.diffusion.families import sdxl
from calotype.diffusion.families.base import Encoded, Family, Flow, Layout, Network, Slot, T5Facts, TextFacts
from calotype.diffusion.latents import LatentFormat
from calotype.diffusion.layouts import sd3
from calotype.diffusion.layouts.take import Takes, count, takes_named

if TYPE_CHECKING:
    from torch import Tensor

    from calotype.diffusion.step import Step
    from calotype.types import Prompt

HEAD = 64  # channels of an attention head at every size of the model
MISSING = 77  # tokens of zeros that stand for a T5 that is not there

CLIP_L = replace(sdxl.CLIP_L, facts=TextFacts(layer=-2, normed=False, projected="folder"))
CLIP_G = sdxl.CLIP_G
T5 = Slot("t5xxl", "T5-XXL", T5Facts(length=77), "t5", 4096, optional=True)


def config(takes: Takes) -> dict[str, Any]:
    """The arguments of SD3Transformer2DModel."""
    layers = count(takes, "transformer_blocks")
    width, channels, patch, _ = takes["pos_embed.proj.weight"].shape
    norm = takes.get("transformer_blocks.0.attn.norm_q.weight")
    head = norm.shape[0] if norm else min(HEAD, width)
    return {
        "sample_size": 128,
        "patch_size": patch,
        "in_channels": channels,
        "out_channels": takes["proj_out.weight"].shape[0] // patch**2,
        "num_layers": layers,
        "attention_head_dim": head,
        "num_attention_heads": width // head,
        "joint_attention_dim": takes["context_embedder.weight"].shape[1],
        "caption_projection_dim": takes["context_embedder.weight"].shape[0],
        "pooled_projection_dim": takes["time_text_embed.text_embedder.linear_1.weight"].shape[1],
        "pos_embed_max_size": isqrt(takes["pos_embed.pos_embed"].shape[1]),
        "dual_attention_layers": tuple(
            i for i in range(layers) if f"transformer_blocks.{i}.attn2.to_q.weight" in takes
        ),
        "qk_norm": "rms_norm" if norm else None,
    }


def forward(step: Step) -> Tensor:
    """The velocity: the network's own patches, text widened to what it listens to, pooled zeros when there is none."""
    from calotype.diffusion.patches import evened, widened

    config, (height, width) = step.module.config, step.x.shape[-2:]
    pooled = step.pooled
    if pooled is None:
        pooled = step.x.new_zeros(step.x.shape[0], config.pooled_projection_dim)
    count = len(step.module.transformer_blocks)
    added = step.residuals and step.residuals.over("blocks", count, lambda i, blocks, some: i * some // blocks)
    raw: Tensor = step.module(
        hidden_states=evened(step.x, config.patch_size),
        encoder_hidden_states=widened(step.tokens, config.joint_attention_dim),
        pooled_projections=pooled,
        timestep=step.timestep,
        block_controlnet_hidden_states=[r.to(step.device, step.dtype) for r in added] if added else None,
        return_dict=False,
    )[0]
    return raw[..., :height, :width]


def join(encoded: Sequence[Encoded | None]) -> Prompt:
    """The CLIPs beside each other, then the T5 behind them; zeros for a T5 that is missing. Pooled: both CLIPs'."""
    import torch

    from calotype.diffusion.patches import widened
    from calotype.types import Prompt

    clips, t5 = [one for one in encoded[:2] if one is not None], encoded[2]
    length = min(one.tokens.shape[1] for one in clips)
    words = torch.cat([one.tokens[:, :length] for one in clips], dim=-1)
    behind = words.new_zeros(1, MISSING, words.shape[-1]) if t5 is None else t5.tokens
    width = max(words.shape[-1], behind.shape[-1])
    pooled = torch.cat([one.pooled for one in clips if one.pooled is not None], dim=-1)
    return Prompt(torch.cat([widened(words, width), widened(behind, width)], dim=1), pooled)


FAMILY = Family(
    name="sd3",
    title="SD 3 / 3.5",
    latent=LatentFormat(channels=16, scale=1.5305, shift=0.0609),
    text=(CLIP_L, CLIP_G, T5),
    join=join,
    network=Network(
        module="diffusers.models.transformers.transformer_sd3:SD3Transformer2DModel",
        config=config,
        layouts=(
            Layout("original", ("joint_blocks.0.context_block.attn.qkv.weight",), sd3.takes),
            Layout("diffusers", ("pos_embed.proj.weight", "transformer_blocks.0.attn.add_q_proj.weight"), takes_named),
        ),
        forward=forward,
        flow=lambda takes: Flow(shift=3.0),
        overflows=False,
    ),
)
