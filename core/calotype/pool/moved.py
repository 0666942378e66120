"""Whole networks on a device: one copy of every weight, for as long as it stays."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from torch import Tensor

from calotype.pool.devices import Device
from calotype.pool.seats import Seat, laid_in, remade, size_of


class Placement(Protocol):
    """How a model is on a device. name: as people are told; copies: bytes of weights in main memory once more."""

    name: str

    @property
    def copies(self) -> int:
        """See above."""

    @property
    def bytes(self) -> int:
        """On the device now."""

    def begin(self, call: str) -> None:
        """A call of this kind begins."""

    def end(self, call: str, done: bool) -> None:
        """It ended; done: it was not broken off."""

    def remove(self) -> None:
        """Everything back in main memory. Weights are never written to, so nothing is copied."""


class Resident:
    """Every weight on the device, each in memory of its own."""

    name = "resident"
    copies = 0

    def __init__(self, seats: Iterable[Seat], device: Device) -> None:
        """Raises torch.OutOfMemoryError; then nothing is left on the device."""
        self._seats = list(seats)
        self._device = device
        self.bytes = size_of(self._seats)
        made: dict[int, Tensor] = {}
        try:
            for seat in self._seats:
                if id(seat.home) not in made:
                    made[id(seat.home)] = _copied(seat, device)
                seat.put(made[id(seat.home)])
        except BaseException:
            self.remove()
            raise

    def begin(self, call: str) -> None:
        """Nothing is to be done."""

    def end(self, call: str, done: bool) -> None:
        """Nothing is to be done."""

    def remove(self) -> None:
        """See `Placement`."""
        for seat in self._seats:
            seat.back()


def _copied(seat: Seat, device: Device) -> Tensor:
    data = laid_in(device.buffer(seat.bytes), 0, seat.home)
    data.copy_(seat.home.data, non_blocking=device.pins)
    return remade(seat.home, data)
