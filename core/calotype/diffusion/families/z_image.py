"""Z-Image: one stream of picture and caption tokens. Z-Image team 2025, "Z-Image: an efficient foundation model"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from calotype.diffusion.families.base import Family, Flow, Layout, Network, Slot
from calotype.diffusion.families.language import CHAT, LanguageFacts
from calotype.diffusion.latents import LatentFormat
from calotype.diffusion.layouts import z_image
from calotype.diffusion.layouts.take import Takes, count, takes_named

if TYPE_CHECKING:
    from torch import Tensor

    from calotype.diffusion.step import Step

QWEN3 = Slot("qwen3_4b", "Qwen 3 4B", LanguageFacts(CHAT, (-2,)), "qwen3", 2560)
LENGTHS = (1536, 512, 512)  # positions along caption and frame, height, width


def config(takes: Takes) -> dict[str, Any]:
    """The arguments of ZImageTransformer2DModel for a transformer with these tensors."""
    width, patch = takes["all_x_embedder.2-1.weight"].shape
    head = takes["layers.0.attention.norm_q.weight"].shape[0]
    heads = takes["layers.0.attention.to_q.weight"].shape[0] // head
    side = head // 16 * 6
    return {
        "in_channels": patch // 4,
        "dim": width,
        "n_layers": count(takes, "layers"),
        "n_refiner_layers": count(takes, "noise_refiner"),
        "n_heads": heads,
        "n_kv_heads": heads,
        "cap_feat_dim": takes["cap_embedder.1.weight"].shape[1],
        "axes_dims": [head - 2 * side, side, side],
        "axes_lens": list(LENGTHS),
    }


def forward(step: Step) -> Tensor:
    """The velocity towards noise. x: (B, 16, h, w); timestep: sigma.

    The network itself counts time from noise (0) to picture (1), and predicts the velocity towards the picture.
    """
    import torch

    from calotype.diffusion.patches import evened

    pictures = list(evened(step.x)[:, :, None].unbind())
    raw = step.module(pictures, 1 - step.timestep, list(step.tokens.unbind()), return_dict=False)[0]
    velocity = torch.stack([one[:, 0] for one in raw])
    return -velocity[..., : step.x.shape[-2], : step.x.shape[-1]]


FAMILY = Family(
    name="z-image",
    title="Z-Image",
    latent=LatentFormat(channels=16, scale=0.3611, shift=0.1159),
    text=(QWEN3,),
    network=Network(
        module="diffusers.models.transformers.transformer_z_image:ZImageTransformer2DModel",
        config=config,
        listens="cap_embedder.1.weight",
        layouts=(
            Layout("original", ("cap_pad_token", "x_embedder.weight"), z_image.takes_original),
            Layout("diffusers", ("cap_pad_token", "all_x_embedder.2-1.weight"), takes_named),
        ),
        forward=forward,
        flow=lambda takes: Flow(shift=3.0, multiplier=1.0),
    ),
)
