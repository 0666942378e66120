"""Modules from takes: built without memory, sized by shapes."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from calotype.diffusion.families import autoencoders, controls, texts
from calotype.diffusion.families.base import Family, Slot
from calotype.diffusion.header import Header
from calotype.diffusion.layouts.take import Take
from calotype.diffusion.loading import configs

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


def made(path: str, *args: Any, **kwargs: Any) -> Any:
    """An object of the class that "package.module:Class" names, without memory where it is a module."""
    maker = class_of(path)
    with Unfilled():
        return maker(*args, **kwargs)


def class_of(path: str) -> Any:
    """The class that "package.module:Class" names."""
    place, _, name = path.partition(":")
    return getattr(import_module(place), name)


def denoiser(takes: dict[str, Take], family: Family, header: Header) -> nn.Module:
    """A denoiser without memory. header: of its file."""
    network = family.network
    if network is None:
        unet = "diffusers.models.unets.unet_2d_condition:UNet2DConditionModel"
        return made(unet, **configs.unet(takes, family))
    return made(network.module, **{**network.config(takes), **network.said(header)})


def control(takes: dict[str, Take], family: Family, kind: controls.ControlKind) -> nn.Module:
    """A network that steers, without memory."""
    arguments = kind.config(takes) if kind.config else configs.control(takes, family) | kind.more(takes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # diffusers' ControlNets warn of diffusers' own imports
        return made(kind.module, **arguments)


def vae(takes: dict[str, Take], layout: str) -> nn.Module:
    """An autoencoder without memory."""
    kind = autoencoders.kind_of(layout)
    return made(kind.module, **kind.config(takes))


def text(takes: dict[str, Take], slot: Slot) -> Any:
    """A text encoder without memory: a `TextModel`."""
    return made(texts.KINDS[slot.kind].module, takes, slot.facts)
