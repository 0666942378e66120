"""How many bytes models hold, how many they may, and giving memory back."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch import Tensor

SHARE = {"cuda": 0.85, "cpu": 0.6}  # of a device's memory that models may hold when nobody says; the rest computes

MIB = 1024**2

Holding = frozenset[tuple[int, int]]
"""Address and bytes of each tensor that a model holds."""


class MainMemoryFull(MemoryError):
    """A model does not fit into the bytes that were allowed for models. helps: what people can do."""

    helps = "Allow more with --ram, hold weights in fewer bits with --dtype or --storage fp8, or use a smaller model."

    @classmethod
    def of(cls, name: str, needs: int, taken: int, limit: int) -> MainMemoryFull:
        """needs: bytes of the model; taken: of those in use beside it."""
        beside = f", beside {taken / MIB:.1f} MiB that are in use" if taken else ""
        free = max(0, limit - taken)
        return cls(
            f"{name} needs {needs / MIB:.1f} MiB of main memory{beside}; {free / MIB:.1f} MiB of the "
            f"{limit / MIB:.1f} MiB that models may take are free"
        )


def holding(tensors: Iterable[Tensor]) -> Holding:
    """What these tensors hold; a tensor that several share is one entry."""
    return frozenset((t.data_ptr(), t.nbytes) for t in tensors if t.nbytes)


def held(holdings: Iterable[Holding]) -> int:
    """Bytes that models hold together: what they share counts once."""
    return sum(size for _, size in frozenset[tuple[int, int]]().union(*holdings))


def budget(device: torch.device, asked: int | None, main: bool = False) -> int:
    """Bytes for models on a device: as asked, or a share of its memory. main: of main memory, whatever the device."""
    if asked is not None:
        return asked
    return int(_total(device, main) * SHARE["cpu" if main or device.type not in SHARE else device.type])


def _total(device: torch.device, main: bool) -> int:
    if device.type == "cuda" and not main:
        import torch

        return int(torch.cuda.get_device_properties(device).total_memory)
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return 8 * 1024**3


def give_back(device: torch.device) -> None:
    """Return freed memory to the device and the operating system, not only to the allocators' own stocks."""
    gc.collect()
    if device.type == "cuda":
        import torch

        torch.cuda.empty_cache()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it, musl has not
        if trim is not None:
            trim(0)
