"""A device that is not there: main memory with a hard limit, counted byte by byte, that runs out as a real one does."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from calotype.pool.leaves import tensors_in

MIB = 1024**2


class Simulated:
    """Responsibilities: count the bytes of every tensor that is made on it, exactly, for as long as it lives; refuse
    what would exceed the limit with torch.OutOfMemoryError, as CUDA does.

    Its tensors are on the CPU: whatever fits gives the same numbers as there. Memory that an operation takes inside and
    gives back before it ends is not seen. refused: how often it ran out; fault: called with the bytes of
    every tensor that is computed, may raise (for tests).
    """

    pins = False
    setting = "--device sim:BYTES"

    def __init__(self, limit: int) -> None:
        self.where = torch.device("cpu")
        self.limit = limit
        self.refused = 0
        self.fault: Callable[[int], object] | None = None
        self._now = self._peak = 0
        self._seen: set[int] = set()
        self._lock = threading.RLock()
        self._active = threading.local()

    def capacity(self) -> int:
        """The limit."""
        return self.limit

    def used(self) -> int:
        """Bytes of the tensors that live."""
        return self._now

    def watch(self) -> None:
        """See `Device`."""
        self._peak = self._now

    def peak(self) -> int:
        """See `Device`."""
        return self._peak

    def trim(self) -> None:
        """There is no stock."""

    def buffer(self, size: int) -> Tensor:
        """See `Device`."""
        with _without_modes():
            made = torch.empty(size, dtype=torch.uint8)
        self.take(made)
        return made

    @contextmanager
    def computing(self) -> Iterator[None]:
        """New tensors of this thread are on this device."""
        if getattr(self._active, "on", False):
            yield
            return
        self._active.on = True
        try:
            with _Counting(self):
                yield
        finally:
            self._active.on = False

    def take(self, tensor: Tensor) -> None:
        """Count a new tensor. Raises torch.OutOfMemoryError; then it is not counted."""
        storage = tensor.untyped_storage()
        key, size = storage._cdata, storage.nbytes()
        with self._lock:
            if key in self._seen or size == 0:
                return
            if self._now + size > self.limit:
                self.refused += 1
                raise torch.OutOfMemoryError(self._words(size))
            self._seen.add(key)
            self._now += size
            self._peak = max(self._peak, self._now)
        weakref.finalize(storage, self._drop, key, size)

    def _drop(self, key: int, size: int) -> None:
        with self._lock:
            self._seen.discard(key)
            self._now -= size

    def _words(self, size: int) -> str:
        free = self.limit - self._now
        return (
            f"Out of memory on the simulated device. Tried to allocate {size / MIB:.2f} MiB. It has a total capacity "
            f"of {self.limit / MIB:.2f} MiB of which {free / MIB:.2f} MiB is free."
        )


class _Counting(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Shows the device every tensor that an operation makes."""

    def __init__(self, device: Simulated) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._device = device

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """The operation; what it gives that is none of what it was given is new."""
        made = func(*args, **(kwargs or {}))
        fresh = [t for t in tensors_in(made) if t.device.type == "cpu"]
        if fresh:
            given = {t.untyped_storage()._cdata for t in tensors_in((args, kwargs)) if _stored(t)}
            for tensor in fresh:
                if tensor.untyped_storage()._cdata not in given:
                    if self._device.fault is not None:
                        self._device.fault(tensor.untyped_storage().nbytes())
                    self._device.take(tensor)
        return made


def _stored(value: Tensor) -> bool:
    return value.device.type == "cpu"


@contextmanager
def _without_modes() -> Iterator[None]:
    """No mode sees what is made inside."""
    from torch.utils._python_dispatch import _disable_current_modes

    with _disable_current_modes():
        yield
