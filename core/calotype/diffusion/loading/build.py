"""Modules from takes: built without memory, sized by shapes."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from calotype.diffusion.families.base import Family, TextFacts
from calotype.diffusion.families.inspect import Part
from calotype.diffusion.header import Header
from calotype.diffusion.layouts import clip as clip_layout
from calotype.diffusion.layouts import control as control_layout
from calotype.diffusion.layouts import unet as unet_layout
from calotype.diffusion.layouts import vae as vae_layout
from calotype.diffusion.layouts.take import Take
from calotype.diffusion.loading import configs
from calotype.diffusion.text.clip import ClipText

FACTORIES = frozenset(
    {torch.empty, torch.zeros, torch.ones, torch.arange, torch.tensor, torch.full, torch.rand, torch.randn}
)


class Unfilled(TorchFunctionMode):
    """Modules that are built within have no memory and draw no first weights: both come from a file.

    Responsibilities: tensors on the meta device; functions of `torch.nn.init` do nothing. Holds for this thread only.
    """

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        given = kwargs or {}
        if getattr(func, "__module__", "") == "torch.nn.init":
            return args[0] if args else given["tensor"]
        if func in FACTORIES:
            given["device"] = "meta"
        return func(*args, **given)


def takes_of(header: Header, part: Part) -> dict[str, Take]:
    """The tensors of a part under the names of the module that computes it."""
    tensors = header.under(part.prefix)
    match part.kind, part.layout:
        case "denoiser", "ldm":
            return unet_layout.takes_ldm(tensors)
        case "controlnet", "ldm":
            return control_layout.takes_ldm(tensors)
        case "vae", "ldm":
            return vae_layout.takes_ldm(tensors)
        case "vae", _:
            return vae_layout.takes_diffusers(tensors)
        case "text_encoder", "openclip":
            return clip_layout.takes_openclip(tensors)
        case "text_encoder", _:
            return clip_layout.takes_transformers(tensors)
    return unet_layout.takes_diffusers(tensors)


def unet(takes: dict[str, Take], family: Family) -> nn.Module:
    """A U-Net without memory."""
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel

    with Unfilled():
        return UNet2DConditionModel(**configs.unet(takes, family))


def control(takes: dict[str, Take], family: Family) -> nn.Module:
    """A ControlNet without memory."""
    from diffusers.models.controlnets.controlnet import ControlNetModel

    with Unfilled():
        return ControlNetModel(**configs.control(takes, family))


def vae(takes: dict[str, Take]) -> nn.Module:
    """An autoencoder without memory."""
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL

    with Unfilled():
        return AutoencoderKL(**configs.vae(takes))


def text(takes: dict[str, Take], facts: TextFacts, device: torch.device) -> ClipText:
    """A CLIP text encoder without memory, but for its positions, which no file holds."""
    with Unfilled():
        module = ClipText(takes, facts)
    for inner in module.modules():
        ids = getattr(inner, "position_ids", None)
        if ids is not None:
            inner.position_ids = torch.arange(ids.shape[-1], device=device)[None]
    return module
