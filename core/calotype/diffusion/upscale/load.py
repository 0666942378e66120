"""From a recipe to an upscaler."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from pathlib import Path

import torch

from calotype.diffusion.header import read_header
from calotype.diffusion.kinds import refuse_models
from calotype.diffusion.upscale.library import spandrel
from calotype.diffusion.upscale.model import Upscaler
from calotype.errors import ModelError
from calotype.types import FileRef, Recipe


def load_upscaler(
    recipe: Recipe, path_of: Callable[[FileRef], Path], device: torch.device, home: torch.device | None = None
) -> Upscaler:
    """The network of a recipe, in float32: half precision shows in flat areas. Raises ModelError."""
    from safetensors.torch import load_file

    path = path_of(recipe.file)
    refuse_models(read_header(path), "upscale model")
    library = spandrel()
    try:
        found = library.ModelLoader(device=home or device).load_from_state_dict(load_file(path))
    except library.UnsupportedModelError as error:
        raise ModelError(f"{path.name} is no upscale model that spandrel {library.__version__} knows.") from error
    except (KeyError, ValueError, RuntimeError, AssertionError) as error:
        raise ModelError(f"{path.name} is no complete upscale model: {error}") from error
    if not isinstance(found, library.ImageModelDescriptor):
        raise ModelError(f"{path.name} ({found.architecture.name}) fills holes in pictures; it enlarges none.")
    return Upscaler(found.float().eval(), device)


def upscaler_size(recipe: Recipe, path_of: Callable[[FileRef], Path]) -> int:
    """The bytes that `load_upscaler` will need, from the header alone. Raises ModelError."""
    header = read_header(path_of(recipe.file))
    return 4 * sum(prod(t.shape) for t in header.tensors.values())
