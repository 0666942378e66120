"""From recipes to networks that look at pictures: image encoders, and style models that read what they see."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from types import MappingProxyType
from typing import Any

import torch

from calotype.diffusion.header import Header, read_header
from calotype.diffusion.layouts.take import Take, takes_named
from calotype.diffusion.loading import build
from calotype.diffusion.loading.job import Dtype, PathOf, identity_of
from calotype.diffusion.loading.tensors import Reader, Shared, Types, assign, refuse_unfit, shapes_of, stored_dtype
from calotype.diffusion.vision.encoder import VisionEncoder
from calotype.diffusion.vision.files import SIGLIP, config, style_family, vision_family, vision_takes
from calotype.diffusion.vision.style import StyleEncoder
from calotype.errors import ModelError
from calotype.types import Recipe

OUTER = re.compile(r"^(vision_model\.)*")
MODULES = {
    True: ("transformers.models.siglip.configuration_siglip:SiglipVisionConfig",
           "transformers.models.siglip.modeling_siglip:SiglipVisionModel"),
    False: ("transformers.models.clip.configuration_clip:CLIPVisionConfig",
            "transformers.models.clip.modeling_clip:CLIPVisionModelWithProjection"),
}  # fmt: skip
"""Whether it is SigLIP -> the classes of its configuration and of its module."""
REDUX = "diffusers.pipelines.flux.modeling_flux:ReduxImageEncoder"

Takes = dict[str, Take]


@dataclass(frozen=True, slots=True)
class Seeing:
    """One file on its way into memory. device: where it computes; home: where its weights are read to."""

    recipe: Recipe
    header: Header
    device: torch.device
    home: torch.device
    dtype: torch.dtype
    shared: Shared

    def fill(self, network: Any, takes: Takes) -> None:
        """Give a module without memory its tensors. Raises ModelError."""
        name = self.header.path.name
        refuse_unfit(shapes_of(network), {one: take.shape for one, take in takes.items()}, name)
        identity = identity_of(self.recipe, self.header)
        read = Reader(identity, self.home, Types(self.dtype), self.shared).read(takes)
        assign(network, read, name, self.dtype)


def load_vision(seeing: Seeing) -> VisionEncoder:
    """An image encoder. Raises ModelError."""
    header = seeing.header
    name, takes = vision_family(header), vision_takes(header)
    try:
        said = config(takes) | ({"vision_use_head": False} if name == SIGLIP else {})
    except (KeyError, ValueError) as error:
        raise ModelError(f"{header.path.name} is an incomplete image encoder: {error}. Download it again.") from error
    settings, module = MODULES[name == SIGLIP]
    network = build.made(module, build.class_of(settings)(**said))
    inner = {OUTER.sub("", own): own for own in shapes_of(network)}
    seeing.fill(network, {inner.get(one, one): take for one, take in takes.items()})
    for part in network.modules():
        ids = getattr(part, "position_ids", None)
        if ids is not None:
            part.position_ids = torch.arange(ids.shape[-1], device=seeing.home)[None]
    return VisionEncoder(name, network, seeing.device, seeing.dtype)


def load_style(seeing: Seeing) -> StyleEncoder:
    """A style model. Raises ModelError."""
    family, takes = style_family(seeing.header), takes_named(seeing.header.tensors)
    last = takes.get("redux_down.weight")
    network = build.made(
        REDUX, redux_dim=takes["redux_up.weight"].shape[1], txt_in_features=last.shape[0] if last else 0
    )
    seeing.fill(network, takes)
    return StyleEncoder(family, network, seeing.device, seeing.dtype)


KINDS: Mapping[str, Callable[[Seeing], VisionEncoder | StyleEncoder]] = MappingProxyType(
    {"vision": load_vision, "style": load_style}
)
"""Part of a recipe -> how it is loaded."""


def load_seeing(
    recipe: Recipe,
    path_of: PathOf,
    device: torch.device,
    dtype: Dtype = None,
    shared: Shared | None = None,
    home: torch.device | None = None,
) -> VisionEncoder | StyleEncoder:
    """The network of a recipe; see `load`. Raises ModelError."""
    header = read_header(path_of(recipe.file))
    numbers = _dtype(header, device, dtype)
    return KINDS[recipe.part](Seeing(recipe, header, device, home or device, numbers, shared or Shared()))


def seeing_size(recipe: Recipe, path_of: PathOf, device: torch.device, dtype: Dtype = None) -> int:
    """The bytes that `load_seeing` will need at most, from the header alone. Raises ModelError."""
    header = read_header(path_of(recipe.file))
    return _dtype(header, device, dtype).itemsize * sum(prod(info.shape) for info in header.tensors.values())


def _dtype(header: Header, device: torch.device, asked: Dtype) -> torch.dtype:
    """The type of computation: as asked for, else float32 on a CPU, else that of the file if that has 16 bits."""
    stored = stored_dtype(takes_named(header.tensors).values())
    if isinstance(asked, torch.dtype):
        return asked
    if asked == "file" and stored.itemsize > 1:
        return stored
    small = stored if stored in (torch.float16, torch.bfloat16) else torch.float16
    return torch.float32 if device.type == "cpu" else small
