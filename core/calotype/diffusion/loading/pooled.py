"""A pool that loads this library's models."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from calotype.diffusion.loading.job import Dtype, PathOf
from calotype.diffusion.loading.load import load, size_of
from calotype.diffusion.loading.tensors import Shared
from calotype.pool import Pool

if TYPE_CHECKING:
    import torch


def open_pool(
    path_of: PathOf, *, device: torch.device, dtype: Dtype = None, vram: int | None = None, ram: int | None = None
) -> Pool:
    """A pool of models on a device. path_of: the local path of a file; dtype: see `load`; vram, ram: bytes for models.

    Recipes of one file share the tensors that their patches leave alone.
    """
    shared = Shared()
    return Pool(
        partial(load, path_of=path_of, device=device, dtype=dtype, shared=shared),
        device,
        vram=vram,
        ram=ram,
        size=partial(size_of, path_of=path_of, device=device, dtype=dtype),
    )
