"""The tensors of a part under the names of the module that computes it. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from calotype.diffusion.families import FAMILIES, autoencoders, controls, texts
from calotype.diffusion.families.inspect import Part
from calotype.diffusion.header import Header, TensorInfo
from calotype.diffusion.layouts import unet as unet_layout
from calotype.diffusion.layouts.take import Take, TakesOf

SCALES = (".scale_weight", ".weight_scale")  # beside a `.weight` in 8 bits: what to multiply it by
OTHER_SCALES = (".scale_input", ".input_scale", ".comfy_quant")  # of arithmetic in 8 bits, which is not done here


def takes_of(header: Header, part: Part, family: str = "") -> dict[str, Take]:
    """The tensors of a part under the names of the module that computes it. family: of its file."""
    tensors = header.under(part.prefix)
    plain = {name: info for name, info in tensors.items() if not name.endswith((*SCALES, *OTHER_SCALES))}
    taken = layout_of(part, family)(plain)
    if len(plain) == len(tensors):
        return taken
    return {name: replace(take, scale=_scale(take.source, part.prefix, tensors)) for name, take in taken.items()}


def layout_of(part: Part, family: str) -> TakesOf:
    """How the names of a part become those of its module."""
    match part.kind:
        case "text_encoder":
            layouts = texts.kind_of(part.layout).layouts
        case "vae":
            layouts = autoencoders.kind_of(part.layout).layouts
        case "controlnet":
            layouts = controls.kind_of(part.layout).layouts
        case _:
            network = FAMILIES[family].network if family else None
            if network is None:
                return unet_layout.takes_ldm if part.layout == "ldm" else unet_layout.takes_diffusers
            layouts = network.layouts
    return next(layout.takes for layout in layouts if layout.name == part.layout)


def _scale(source: TensorInfo, prefix: str, tensors: Mapping[str, TensorInfo]) -> TensorInfo | None:
    """The scale of a stored tensor; a single number."""
    name = source.name.removeprefix(prefix)
    if not name.endswith(".weight"):
        return None
    base = name.removesuffix(".weight")
    return next((tensors[base + ending] for ending in SCALES if base + ending in tensors), None)
