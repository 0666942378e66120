"""Wan 2.x: video from text, or from a picture. Wan team 2025, "Wan: open and advanced ... video generative models"."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
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
MULTIPLIER = 1000.0  # of a timestep
SIGNS = 4  # channels that say which of the four frames of a latent one are given
CLIP_SEES = "condition_embedder.image_embedder.norm1.weight"


def config(takes: Takes) -> dict[str, Any]:
    """The arguments of WanTransformer3DModel for a transformer with these tensors."""
    width, channels, *patch = takes["patch_embedding.weight"].shape
    heads = max(1, width // HEAD)
    made = takes["proj_out.weight"].shape[0] // (patch[0] * patch[1] * patch[2])
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


def beyond(takes: Takes) -> str:
    """What a model does that is not computed, see `Network`."""
    if CLIP_SEES in takes:
        return (
            "is a Wan 2.1 model that is told how a CLIP sees the picture that a video begins with, which this version "
            "does not compute. Use a model of Wan 2.2 that begins with a picture, or one that makes videos from text."
        )
    if any(name.startswith("vace_") for name in takes):
        return "is a Wan VACE model, which this version does not compute. Use one that begins with a picture."
    first, last = (takes[end].shape if end in takes else () for end in ("patch_embedding.weight", "proj_out.weight"))
    if (len(first), len(last)) != (5, 2):  # what lacks is said when it is loaded
        return ""
    channels, made = first[1], last[0] // prod(first[2:])
    if channels in (made, 2 * made + SIGNS):
        return ""
    return (
        f"is a Wan model that reads {channels} channels and makes {made}: it is steered in a way that this version "
        "does not know. Use a model that makes videos from text or from a picture."
    )


def forward(step: Step) -> Tensor:
    """The velocity towards noise, of all frames at once. x: (B, C, T, h, w); timestep: 1000 sigma.

    options, of models that begin with a picture: `concat_latent`, (B or 1, C, T, h, w) in the VAE's units, of a video
    that is grey where it is to be made, and `concat_mask`, (B or 1, 4, T, h, w), 1 for frames to be made. Wan 2.2 5B
    takes the first frames as `concat_latent` alone, and keeps them.
    """
    import torch

    from calotype.diffusion.patches import evened

    x = evened(step.x)
    if step.module.config.in_channels > x.shape[1]:
        raw = _raw(step, torch.cat([x, beside(step, x)], dim=1), step.timestep)
    elif "concat_latent" in step.options:
        raw = _after(step, x, shown(step, x, step.options["concat_latent"]))
    else:
        raw = _raw(step, x, step.timestep)
    return raw[..., : step.x.shape[-2], : step.x.shape[-1]]


def _raw(step: Step, x: Tensor, times: Tensor) -> Tensor:
    raw: Tensor = step.module(hidden_states=x, timestep=times, encoder_hidden_states=step.tokens, return_dict=False)[0]
    return raw


def beside(step: Step, x: Tensor) -> Tensor:
    """What stands beside the latent, (B, 4 + C, T, h, w): which frames are given, and the video with them."""
    import torch

    from calotype.diffusion.sampling.regions import repeated

    picture, missing = step.options.get("concat_latent"), step.options.get("concat_mask")
    video = torch.zeros_like(x) if picture is None else shown(step, x, picture)
    if picture is None or missing is None:
        return torch.cat([torch.zeros_like(x[:, :SIGNS]), video], dim=1)
    if video.shape[2] != x.shape[2]:
        raise ModelError(
            f"the video to begin with has {video.shape[2]} latent frames, the one to be made {x.shape[2]}. Give both "
            "the same length."
        )
    signs = _fitted(1 - missing.to(x), x).round()
    return torch.cat([repeated(signs, x.shape[0]), video], dim=1)


def shown(step: Step, x: Tensor, picture: Tensor) -> Tensor:
    """Latents of given frames in the model's units, of x's height, width and batch."""
    from calotype.diffusion.sampling.regions import repeated

    return repeated(_fitted(step.latent.into_model(picture.to(step.device)).to(x), x), x.shape[0])


def _fitted(video: Tensor, x: Tensor) -> Tensor:
    """A video (B, C, T, h', w') with the height and width of x."""
    from torch.nn.functional import interpolate

    if video.shape[-2:] == x.shape[-2:]:
        return video
    return interpolate(video, size=(video.shape[2], *x.shape[-2:]), mode="trilinear")


def _after(step: Step, x: Tensor, first: Tensor) -> Tensor:
    """The velocity of frames that follow given ones, at time 0 for the model; the given are run towards as they are."""
    import torch

    count = first.shape[2]
    _, high, wide = step.module.config.patch_size
    cells = (x.shape[-2] // high) * (x.shape[-1] // wide)
    times = step.timestep[:, None].repeat(1, x.shape[2] * cells)
    times[:, : count * cells] = 0
    raw = _raw(step, torch.cat([first, x[:, :, count:]], dim=2), times)
    sigma = (step.timestep / MULTIPLIER).to(x.dtype).view(-1, 1, 1, 1, 1)
    return torch.cat([(x[:, :, :count] - first) / sigma, raw[:, :, count:]], dim=2)


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
        beyond=beyond,
        listens="condition_embedder.text_embedder.linear_1.weight",
        layouts=tuple(Layout(*marks) for marks in MARKS),
        forward=forward,
        flow=lambda takes: Flow(shift=8.0, multiplier=MULTIPLIER),
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
