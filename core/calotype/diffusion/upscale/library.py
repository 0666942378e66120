"""Importing spandrel, with torchvision or without.

spandrel knows the architectures of some forty kinds of upscale models. Two of them (LaMa, RestoreFormer) call pure
Python functions of torchvision, and so spandrel imports it whole. Where torchvision is missing, or is built for another
torch and cannot be imported, those two say so when they are used, and all the others work.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, NoReturn

from calotype.errors import ModelError

INSTALL = "Install it beside Calotype: pip install 'calotype[upscale]'"
VISION = "torchvision"
PARTS = (VISION, f"{VISION}.transforms", f"{VISION}.transforms.functional")
_importing = threading.Lock()


def spandrel() -> Any:
    """The package. Raises ModelError when it is not installed."""
    with _importing:
        if "spandrel" in sys.modules:
            return import_module("spandrel")
        try:
            if _has_vision():
                return import_module("spandrel")
            with _without_vision():
                return import_module("spandrel")
        except ImportError as error:
            lacking = error.name or "spandrel"
            raise ModelError(
                f"upscale models need the package {lacking.partition('.')[0]}, which is not installed. {INSTALL}"
            ) from error


def _has_vision() -> bool:
    """Whether torchvision can be imported. One built for another torch raises RuntimeError as it registers itself."""
    before = set(sys.modules)
    try:
        import_module(VISION)
    except (ImportError, OSError, RuntimeError, AttributeError):
        for name in [n for n in sys.modules if n.partition(".")[0] == VISION and n not in before]:
            del sys.modules[name]
        return False
    return True


@contextmanager
def _without_vision() -> Iterator[None]:
    """While it lasts, torchvision is a module whose functions say that it is not there."""
    before = {name: sys.modules.get(name) for name in PARTS}
    for name in PARTS:
        module = ModuleType(name)
        module.__spec__ = ModuleSpec(name, None, is_package=True)
        module.__dict__.update(rotate=_absent, normalize=_absent, InterpolationMode=None)
        sys.modules[name] = module
    try:
        yield
    finally:
        for name, module_before in before.items():
            del sys.modules[name]
            if module_before is not None:
                sys.modules[name] = module_before


def _absent(*args: object, **kwargs: object) -> NoReturn:
    raise ModelError("this upscale model needs torchvision, in the build that fits this torch. Install it.")
