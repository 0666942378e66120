"""Calotype: a node-graph workflow engine for diffusion models.

Importing this package costs next to nothing: what is behind a name is imported when the name is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from calotype.api import Result, Workflow
    from calotype.errors import CalotypeError, Problem
    from calotype.node import Context, Input, Node
    from calotype.services import Services
    from calotype.settings import Settings
    from calotype.types import (
        Artifact,
        Clip,
        Conditioning,
        ControlNet,
        FileRef,
        Image,
        Latent,
        Mask,
        Model,
        Saved,
        Secret,
        Seed,
        Vae,
    )

__version__ = "0.1.0"

__all__ = [
    "Artifact",
    "CalotypeError",
    "Clip",
    "Conditioning",
    "Context",
    "ControlNet",
    "FileRef",
    "Image",
    "Input",
    "Latent",
    "Mask",
    "Model",
    "Node",
    "Problem",
    "Result",
    "Saved",
    "Secret",
    "Seed",
    "Services",
    "Settings",
    "Vae",
    "Workflow",
]

_HOMES = {
    "calotype.api": ("Result", "Workflow"),
    "calotype.errors": ("CalotypeError", "Problem"),
    "calotype.node": ("Context", "Input", "Node"),
    "calotype.services": ("Services",),
    "calotype.settings": ("Settings",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'calotype' has no attribute {name!r}")
    return getattr(import_module(_HOME.get(name, "calotype.types")), name)


def __dir__() -> list[str]:
    return __all__
