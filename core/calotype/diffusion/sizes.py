"""Sizes as conditioning. Podell et al. 2023, section 2.2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import torch
from torch import Tensor

POSITIVE_SCORE, NEGATIVE_SCORE = 6.0, 2.5
SIZES = frozenset({"height", "width", "crop_h", "crop_w", "target_height", "target_width", "aesthetic_score"})


class Sized(Protocol):
    """A U-Net or ControlNet that may be conditioned on sizes."""

    @property
    def family(self) -> str:
        """The name of its family."""

    @property
    def module(self) -> Any:
        """The network of diffusers."""

    @property
    def device(self) -> torch.device:
        """Where it computes."""

    @property
    def dtype(self) -> torch.dtype:
        """In what it computes."""


def is_sized(module: Any) -> bool:
    """Whether a network of diffusers is conditioned on sizes."""
    return bool(module.config.addition_embed_type == "text_time")


def added(model: Sized, x: Tensor, pooled: Tensor | None, options: Mapping[str, Any]) -> dict[str, Tensor] | None:
    """What diffusers' networks take beside the tokens: the pooled text and the sizes; None where they have no use.

    x: (B, C, h, w), for the sizes where `options` are silent; pooled: (B, P), zeros when there is none.
    """
    config = model.module.config
    if not is_sized(model.module):
        return None
    ids = size_ids(model.family, options, x.shape[0], (x.shape[-2] * 8, x.shape[-1] * 8)).to(model.device)
    if pooled is None:
        width = config.projection_class_embeddings_input_dim - ids.shape[1] * config.addition_time_embed_dim
        pooled = torch.zeros(x.shape[0], width)
    return {"text_embeds": pooled.to(model.device, model.dtype), "time_ids": ids}


def size_ids(family: str, options: Mapping[str, Any], batch: int, picture: tuple[int, int]) -> Tensor:
    """The numbers that SDXL embeds: (B, 6) original height and width, crop, target size; (B, 5) for the refiner.

    options: as in `Denoiser.predict`; picture: the height and width in pixels, where the options are silent.
    """
    height, width = options.get("height", picture[0]), options.get("width", picture[1])
    numbers = [height, width, options.get("crop_h", 0), options.get("crop_w", 0)]
    if family == "sdxl-refiner":
        numbers.append(options.get("aesthetic_score", POSITIVE_SCORE))
    else:
        numbers += [options.get("target_height", height), options.get("target_width", width)]
    columns = [torch.as_tensor(n, dtype=torch.float32).flatten().expand(batch) for n in numbers]
    return torch.stack(columns, dim=1)
