"""The kinds of networks that steer: what their files look like and which module computes them. No torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from calotype.diffusion.families import flux, sd3, unions
from calotype.diffusion.families.base import Layout
from calotype.diffusion.header import Header
from calotype.diffusion.layouts import control
from calotype.diffusion.layouts.take import Takes, count, takes_named

PREFIXES = ("control_model.", "controlnet/", "")
PACKAGE = "calotype.diffusion.control"
ADAPTER_CELLS = {8: "sd1", 16: "sdxl"}  # pixels that a T2I-Adapter folds into channels, by the U-Net that it is for


@dataclass(frozen=True, slots=True)
class ControlKind:
    """One kind of network that steers.

    title: for people. layouts: that its files have. family: of a file with it, by header and prefix; None where its
    U-Net says so. module: its class, "package.module:Class", "" for one that is only known by name; config: the
    arguments of that class, from tensors under its names; None for a U-Net's, to which `more` adds some. wrapper: the
    `SteeringModel`. facts: what the file says beside its weights. instead: what to do, of one known by name.
    """

    name: str
    title: str
    layouts: tuple[Layout, ...]
    family: Callable[[Header, str], str] | None = field(default=None, repr=False)
    module: str = "diffusers.models.controlnets.controlnet:ControlNetModel"
    config: Callable[[Takes], dict[str, Any]] | None = field(default=None, repr=False)
    wrapper: str = f"{PACKAGE}:ControlModel"
    facts: Callable[[Header], Mapping[str, Any]] = field(default=lambda header: {}, repr=False)
    more: Callable[[Takes], dict[str, Any]] = field(default=lambda takes: {}, repr=False)
    instead: str = ""


def flux_config(takes: Takes) -> dict[str, Any]:
    """The arguments of FluxControlNetModel."""
    modes = takes.get("controlnet_mode_embedder.weight")
    width, channels = takes["x_embedder.weight"].shape
    head = takes["transformer_blocks.0.attn.norm_q.weight"].shape[0]
    return {
        "in_channels": channels,
        "num_layers": count(takes, "transformer_blocks"),
        "num_single_layers": count(takes, "single_transformer_blocks"),
        "attention_head_dim": head,
        "num_attention_heads": width // head,
        "joint_attention_dim": takes["context_embedder.weight"].shape[1],
        "pooled_projection_dim": takes["time_text_embed.text_embedder.linear_1.weight"].shape[1],
        "guidance_embeds": "time_text_embed.guidance_embedder.linear_1.weight" in takes,
        "axes_dims_rope": flux.axes(head),
        "num_mode": modes.shape[0] if modes else None,
    }


def sd3_config(takes: Takes) -> dict[str, Any]:
    """The arguments of SD3ControlNetModel: those of the transformer, and what the hint has beside a latent."""
    if "pos_embed.proj.weight" not in takes:
        return sd35_config(takes)
    latent, hint = takes["pos_embed.proj.weight"].shape[1], takes["pos_embed_input.proj.weight"].shape[1]
    shared = sd3.config({**takes, "proj_out.weight": takes["pos_embed.proj.weight"]})
    return shared | {"out_channels": latent, "extra_conditioning_channels": hint - latent}


def sd35_config(takes: Takes) -> dict[str, Any]:
    """The same for SD 3.5 large: without text, and the latent comes embedded by the transformer itself."""
    width, channels, patch, _ = takes["pos_embed_input.proj.weight"].shape
    head = min(sd3.HEAD, width)
    return {
        "patch_size": patch,
        "in_channels": channels,
        "num_layers": count(takes, "transformer_blocks"),
        "attention_head_dim": head,
        "num_attention_heads": width // head,
        "joint_attention_dim": None,
        "pooled_projection_dim": takes["time_text_embed.text_embedder.linear_1.weight"].shape[1],
        "pos_embed_type": None,
        "use_pos_embed": False,
        "force_zeros_for_pooled_projection": False,
    }


def sd3_facts(header: Header) -> Mapping[str, Any]:
    """What a folder's configuration says of pooled text."""
    name = "force_zeros_for_pooled_projection"
    if not any(tensor.endswith("context_embedder.weight") for tensor in header.tensors):  # those of SD 3.5 large
        return {name: False}
    said: Mapping[str, Any] = next(
        (c for n, c in header.configs.items() if n.endswith("config.json") and name in c), {}
    )
    return {name: said[name]} if said else {}


def adapter_config(takes: Takes) -> dict[str, Any]:
    """The arguments of T2IAdapter."""
    levels = count(takes, "adapter.body")
    light = "adapter.body.0.out_conv.weight" in takes
    first = takes["adapter.body.0.in_conv.weight" if light else "adapter.conv_in.weight"].shape[1]
    widths = [_adapter_width(takes, level, light) for level in range(levels)]
    channels, cell = adapter_sizes(first)
    return {
        "in_channels": channels,
        "channels": widths[:-1] if light else widths,
        "num_res_blocks": count(takes, "adapter.body.0.resnets"),
        "downscale_factor": cell,
        "adapter_type": "light_adapter"
        if light
        else "full_adapter_xl"
        if cell == max(ADAPTER_CELLS)
        else "full_adapter",
    }


def _adapter_width(takes: Takes, level: int, light: bool) -> int:
    body = f"adapter.body.{level}"
    return takes[f"{body}.out_conv.weight" if light else f"{body}.resnets.0.block1.weight"].shape[0]


def adapter_sizes(folded: int) -> tuple[int, int]:
    """Channels of a hint (1 or 3) and pixels a side that are folded, from the channels of what is folded."""
    for cell in sorted(ADAPTER_CELLS):
        if folded in (cell * cell, 3 * cell * cell):
            return folded // (cell * cell), cell
    return 3, min(ADAPTER_CELLS)


def adapter_family(header: Header, prefix: str) -> str:
    """The family whose U-Net an adapter is for, by the pixels that it folds."""
    names = ("conv_in.weight", "body.0.in_conv.weight", "adapter.conv_in.weight", "adapter.body.0.in_conv.weight")
    folded = next((shape[1] for n in names if len(shape := header.shape(prefix + n)) == 4), 0)
    return ADAPTER_CELLS[adapter_sizes(folded)[1]]


T2I = ControlKind(
    "t2i",
    "T2I-Adapter",
    (
        Layout("t2i-diffusers", ("adapter.body.0.resnets.0.block1.weight",), takes_named),
        Layout("t2i", ("body.0.block1.weight", "conv_in.weight"), control.takes_adapter),
        Layout("t2i-light", ("body.0.body.0.block1.weight", "body.0.out_conv.weight"), control.takes_light_adapter),
    ),
    adapter_family,
    "diffusers.models.adapter:T2IAdapter",
    adapter_config,
    f"{PACKAGE}:AdapterModel",
)
CONTROL_LORA = ControlKind(
    "control-lora",
    "control-LoRA",
    (Layout("control-lora", ("lora_controlnet",), takes_named),),
    module="",
    instead="Use a whole ControlNet.",
)
QWEN = ControlKind(
    "qwen-image",
    "ControlNet",
    (Layout("qwen-image-control", ("controlnet_x_embedder.weight", "txt_norm.weight"), takes_named),),
    lambda header, prefix: "qwen-image",
    module="",
    instead="Give the picture to Qwen-Image-Edit instead.",
)
Z_IMAGE = ControlKind(
    "z-image",
    "ControlNet",
    (Layout("z-image-control", ("control_layers.0.before_proj.weight",), takes_named),),
    lambda header, prefix: "z-image",
    module="",
    instead="Use a ControlNet with SDXL, SD 3 or FLUX.1.",
)
FLUX = ControlKind(
    "flux",
    "ControlNet",
    (Layout("flux-control", ("controlnet_x_embedder.weight",), takes_named),),
    lambda header, prefix: "flux",
    "diffusers.models.controlnets.controlnet_flux:FluxControlNetModel",
    flux_config,
    f"{PACKAGE}:FluxControlModel",
)
SD3 = ControlKind(
    "sd3",
    "ControlNet",
    (Layout("sd3-control", ("pos_embed_input.proj.weight", "controlnet_blocks.0.weight"), takes_named),),
    lambda header, prefix: "sd3",
    "diffusers.models.controlnets.controlnet_sd3:SD3ControlNetModel",
    sd3_config,
    f"{PACKAGE}:Sd3ControlModel",
    sd3_facts,
)
UNION = ControlKind(
    "union",
    "union ControlNet",
    (Layout("union", ("task_embedding", "controlnet_mid_block.weight"), takes_named),),
    lambda header, prefix: "sdxl",
    "diffusers.models.controlnets.controlnet_union:ControlNetUnionModel",
    more=unions.config,
    wrapper=f"{PACKAGE}:UnionControlModel",
)
UNET = ControlKind(
    "unet",
    "ControlNet",
    (
        Layout("ldm", ("zero_convs.0.0.weight",), control.takes_ldm),
        Layout("diffusers", ("controlnet_mid_block.weight",), takes_named),
    ),
)

KINDS: dict[str, ControlKind] = {kind.name: kind for kind in (CONTROL_LORA, QWEN, Z_IMAGE, T2I, FLUX, SD3, UNION, UNET)}
"""Every kind, by name; one whose marks another has too comes before it."""


def kind_of(layout: str) -> ControlKind:
    """The kind whose files have a layout of this name."""
    return next(kind for kind in KINDS.values() if any(one.name == layout for one in kind.layouts))


def found_in(header: Header) -> tuple[ControlKind, str, str] | None:
    """The kind of a file that steers, the name of its layout, and the prefix of its tensors."""
    for kind in KINDS.values():
        for layout in kind.layouts:
            prefix = next((p for p in PREFIXES if layout.stands(header, p)), None)
            if prefix is not None:
                return kind, layout.name, prefix
    return None
