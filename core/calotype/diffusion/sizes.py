"""Sizes as conditioning. Podell et al. 2023, section 2.2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

POSITIVE_SCORE, NEGATIVE_SCORE = 6.0, 2.5


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
