"""Other ways onto a device: the library's own hooks, behind the same interface."""

from __future__ import annotations

from typing import Any, Literal, Protocol

from calotype.pool.devices import Device
from calotype.pool.moved import Placement, Resident
from calotype.pool.seats import Seat
from calotype.pool.stream import Spare, Streamed, unbounded
from calotype.pool.units import Seats, laid_out

Strategy = Literal["auto", "whole", "streamed", "group", "sequential"]


class Placeable(Protocol):
    """What is placed, as a strategy sees it."""

    networks: list[Any]
    seats: Seats
    every: list[Seat]
    size: int
    spare: Spare


class Grouped:
    """diffusers' group offloading: groups of layers, moved to the device before they compute and back after it."""

    name = "group"

    def __init__(self, held: Placeable, device: Device, spare: Spare = unbounded) -> None:
        from diffusers.hooks import apply_group_offloading

        self._held = held
        pinned = device.pins and spare(held.size)
        self.copies = held.size if pinned else 0
        for network in held.networks:
            apply_group_offloading(
                network,
                onload_device=device.where,
                offload_type="leaf_level",
                use_stream=device.pins,
                record_stream=device.pins,
                low_cpu_mem_usage=device.pins and not pinned,
            )

    @property
    def bytes(self) -> int:
        """At most: two of its groups."""
        return 2 * max((seat.bytes for seat in self._held.every), default=0)

    def begin(self, call: str) -> None:
        """Nothing is to be done."""

    def end(self, call: str, done: bool) -> None:
        """Nothing is to be done."""

    def remove(self) -> None:
        """Take the hooks off."""
        from diffusers.hooks import HookRegistry

        for network in self._held.networks:
            for layer in network.modules():
                if hasattr(layer, "_diffusers_hook"):
                    registry = HookRegistry.check_if_exists_or_initialize(layer)
                    for name in list(registry.hooks):
                        registry.remove_hook(name, recurse=False)
        for seat in self._held.every:
            seat.back()


class Sequential:
    """accelerate's hooks: every layer is copied to the device for the length of its own computation."""

    name = "sequential"
    copies = 0  # of what is mapped or made already

    def __init__(self, held: Placeable, device: Device) -> None:
        from accelerate import cpu_offload

        self._held = held
        for network in held.networks:
            cpu_offload(network, execution_device=device.where)

    @property
    def bytes(self) -> int:
        """At most: the largest layer."""
        return max((seat.bytes for seat in self._held.every), default=0)

    def begin(self, call: str) -> None:
        """Nothing is to be done."""

    def end(self, call: str, done: bool) -> None:
        """Nothing is to be done."""

    def remove(self) -> None:
        """Take the hooks off."""
        from accelerate.hooks import remove_hook_from_submodules

        for network in self._held.networks:
            remove_hook_from_submodules(network)
        for seat in self._held.every:
            seat.back()


def maker(strategy: Strategy, device: Device | None) -> Any:
    """What places a model within so many bytes; None for the placer's own choice, whole or streamed."""
    if strategy == "auto" or device is None:
        return None

    def make(held: Any, left: int) -> Placement | None:
        match strategy:
            case "group":
                return Grouped(held, device, held.spare) if left > 0 else None
            case "sequential":
                return Sequential(held, device) if left > 0 else None
            case "whole":
                return Resident(held.every, device) if held.size <= left else None
        layout = laid_out(held.networks, held.seats, min(left, held.size - 1), held.order) if left > 0 else None
        return None if layout is None else Streamed(layout, device, held.spare)

    return make
