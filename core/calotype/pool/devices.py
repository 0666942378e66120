"""Devices as the memory manager sees them: how many bytes there are, how many are taken, and how to get some."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

import torch
from torch import Tensor

MIB = 1024**2
RESERVE = 256 * MIB  # of a real device, for what its libraries take without asking


class Device(Protocol):
    """A device with memory of its own, to which weights are copied from main memory.

    where: the device of tensors on it; pins: whether copies to it are made from pinned memory, on a stream of their
    own; setting: what says how many bytes it has, for people.
    """

    where: torch.device
    pins: bool
    setting: str

    def capacity(self) -> int:
        """Bytes that models and what they compute may take together."""

    def used(self) -> int:
        """Bytes that are taken now."""

    def buffer(self, size: int) -> Tensor:
        """So many bytes, uint8. Raises torch.OutOfMemoryError."""

    def computing(self) -> AbstractContextManager[object]:
        """What is computed inside of the block takes memory of the device."""

    def watch(self) -> None:
        """Begin to measure the most bytes that are taken."""

    def peak(self) -> int:
        """The most bytes that were taken at a time since `watch`."""

    def trim(self) -> None:
        """Let the allocator give back what it holds in stock."""


class Cuda:
    """A CUDA device. limit: bytes that may be used; None for all that is free, less a reserve.

    A limit holds for the whole process: beyond it the allocator itself raises torch.OutOfMemoryError, whoever asks.
    """

    pins = True
    setting = "--vram"

    def __init__(self, where: torch.device, limit: int | None = None) -> None:
        self.where = where
        self._limit = limit
        if limit is not None:
            total = torch.cuda.get_device_properties(where).total_memory
            torch.cuda.set_per_process_memory_fraction(min(1.0, limit / total), where.index)

    def capacity(self) -> int:
        """What is free and what is ours already, as it is now: others use the device too."""
        free, _ = torch.cuda.mem_get_info(self.where)
        ours = torch.cuda.memory_reserved(self.where)
        most = free + ours - RESERVE
        return most if self._limit is None else min(most, self._limit)

    def used(self) -> int:
        """See `Device`."""
        return int(torch.cuda.memory_allocated(self.where))

    def buffer(self, size: int) -> Tensor:
        """See `Device`."""
        return torch.empty(size, dtype=torch.uint8, device=self.where)

    def computing(self) -> AbstractContextManager[object]:
        """The device counts for itself; the calling thread computes on it."""
        return torch.cuda.device(self.where) if self.where.index is not None else nullcontext()

    def watch(self) -> None:
        """See `Device`."""
        torch.cuda.reset_peak_memory_stats(self.where)

    def peak(self) -> int:
        """See `Device`."""
        return int(torch.cuda.max_memory_allocated(self.where))

    def trim(self) -> None:
        """See `Device`."""
        torch.cuda.empty_cache()
