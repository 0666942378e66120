"""Qwen-Image and Qwen-Image-Edit: two streams with joint attention. Qwen team 2025, "Qwen-Image technical report"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from calotype.diffusion.families.base import Family, Flow, Layout, Network, Slot
from calotype.diffusion.families.language import LanguageFacts
from calotype.diffusion.header import Header
from calotype.diffusion.layouts.take import Takes, count, takes_named
from calotype.diffusion.normalised import WAN_DEVIATION, WAN_MEAN, NormalisedLatents

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from calotype.diffusion.step import Step

ZERO_TIME = "__index_timestep_zero__"  # a file's sign that the pictures to edit are told time 0
SHIFT = 1.15
DESCRIBE = (
    "<|im_start|>system\nDescribe the image by detailing the color, shape, size, texture, quantity, text, spatial "
    "relationships of the objects and background:<|im_end|>\n<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n"
)
EDIT = (
    "<|im_start|>system\nDescribe the key features of the input image (color, shape, size, texture, objects, "
    "background), then explain how the user's text instruction should alter or modify the image. Generate a new image "
    "that meets the user's requirements while maintaining consistency with the original input where appropriate."
    "<|im_end|>\n<|im_start|>user\n{}{}<|im_end|>\n<|im_start|>assistant\n"
)
FACTS = LanguageFacts(DESCRIBE, dropped=34, longest=1024, picture=EDIT, picture_dropped=64)
QWEN_VL = Slot("qwen25_7b", "Qwen 2.5 VL 7B", FACTS, "qwen2.5-vl", 3584)


def config(takes: Takes) -> dict[str, Any]:
    """The arguments of QwenImageTransformer2DModel for a transformer with these tensors."""
    width, channels = takes["img_in.weight"].shape
    head = takes["transformer_blocks.0.attn.norm_q.weight"].shape[0]
    side = head // 16 * 7
    return {
        "in_channels": channels,
        "out_channels": takes["proj_out.weight"].shape[0] // 4,
        "num_layers": count(takes, "transformer_blocks"),
        "attention_head_dim": head,
        "num_attention_heads": width // head,
        "joint_attention_dim": takes["txt_in.weight"].shape[1],
        "axes_dims_rope": (head - 2 * side, side, side),
        "zero_cond_t": ZERO_TIME in takes,
    }


def said(header: Header) -> Mapping[str, Any]:
    """Whether the pictures to edit are told time 0 (Qwen-Image-Edit 2511): a folder says it in its configuration."""
    names = ("transformer/config.json", "config.json")
    said = any(header.configs.get(name, {}).get("zero_cond_t") for name in names)
    return {"zero_cond_t": True} if said else {}


def forward(step: Step) -> Tensor:
    """The velocity towards noise. x: (B, 16, h, w) or (B, 16, 1, h, w); timestep: sigma.

    options `reference.0`, `reference.1`, ...: (B, 16, h', w') in the VAE's units, of the pictures to edit. They stand
    behind the new one as further tokens of the same sequence.
    """
    import torch

    from calotype.diffusion.patches import evened, packed, unpacked
    from calotype.diffusion.references import flat, references

    x = flat(step.x)
    pictures = [evened(one) for one in (x, *references(step))]
    shapes = [(1, one.shape[-2] // 2, one.shape[-1] // 2) for one in pictures]
    raw = step.module(
        hidden_states=torch.cat([packed(one) for one in pictures], dim=1),
        timestep=step.timestep.to(step.dtype),
        encoder_hidden_states=step.tokens,
        img_shapes=[shapes] * len(x),
        return_dict=False,
    )[0]
    high, wide = pictures[0].shape[-2:]
    velocity = unpacked(raw[:, : high * wide // 4], high, wide)[..., : x.shape[-2], : x.shape[-1]]
    return velocity.reshape(step.x.shape)


def positions(transformer: Any, device: torch.device) -> None:
    """Give the transformer its table of positions, which no file holds."""
    from diffusers.models.transformers.transformer_qwenimage import QwenEmbedRope

    axes = list(transformer.config.axes_dims_rope)
    transformer.pos_embed = QwenEmbedRope(theta=10000, axes_dim=axes, scale_rope=True)


FAMILY = Family(
    name="qwen-image",
    title="Qwen-Image",
    latent=NormalisedLatents(channels=16, mean=WAN_MEAN, deviation=WAN_DEVIATION),
    text=(QWEN_VL,),
    network=Network(
        module="diffusers.models.transformers.transformer_qwenimage:QwenImageTransformer2DModel",
        config=config,
        listens="txt_in.weight",
        layouts=(Layout("diffusers", ("txt_norm.weight", "img_in.weight"), takes_named),),
        forward=forward,
        flow=lambda takes: Flow(shift=SHIFT, multiplier=1.0),
        finish=positions,
        said=said,
    ),
    vae="video",
)
