"""A pool that loads this library's models."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import torch

from calotype.diffusion.loading.job import Dtype, PathOf
from calotype.diffusion.loading.load import load, size_of
from calotype.diffusion.loading.tensors import Shared
from calotype.pool import Pool
from calotype.pool.devices import Cuda, Device
from calotype.pool.placer import Placer
from calotype.pool.remembered import Remembered
from calotype.pool.simulated import Simulated
from calotype.pool.strategies import Strategy, maker
from calotype.pool.told import Teller
from calotype.types import Recipe

CPU = torch.device("cpu")


def open_pool(
    path_of: PathOf,
    *,
    device: torch.device | Simulated,
    dtype: Dtype = None,
    vram: int | None = None,
    ram: int | None = None,
    aside: Collection[str] = (),
    strategy: Strategy = "auto",
    narrow: bool = False,
    known: Path | None = None,
) -> Pool:
    """A pool of models on a device. path_of: the local path of a file; dtype: see `load`; vram, ram: bytes for models.

    Recipes of one file share the tensors that their patches leave alone. aside: parts that compute on the processor,
    in float32, though the device is another. strategy: how models get onto it. narrow: whether denoisers and
    ControlNets keep their weights in 8 bits. known: where it is remembered what they need.
    """
    shared, tell = Shared(), Teller()
    where = device.where if isinstance(device, Simulated) else device
    own = device_of(device, vram)
    made = maker(strategy, own)
    placer = Placer(own, Remembered(known), tell, made, strategy == "whole") if own is not None else None

    def how(recipe: Recipe) -> dict[str, Any]:
        if recipe.part in aside:
            return {"device": CPU, "dtype": torch.float32}
        return {"device": where, "dtype": dtype, "narrow": narrow}

    def loaded(recipe: Recipe) -> Any:
        home = CPU if placer is not None else None
        return load(recipe, path_of, shared=shared, home=home, **how(recipe))

    return Pool(
        loaded,
        where,
        vram=vram,
        ram=ram,
        size=lambda recipe: size_of(recipe, path_of, **how(recipe)),
        placer=placer,
        places=lambda recipe: recipe.part not in aside,
        tell=tell,
    )


def device_of(device: torch.device | Simulated, vram: int | None) -> Device | None:
    """The device with memory of its own; None where computing is in main memory."""
    if isinstance(device, Simulated):
        if vram is not None and vram < device.limit:
            device.limit, device.setting = vram, Cuda.setting
        return device
    return Cuda(device, vram) if device.type == "cuda" else None
