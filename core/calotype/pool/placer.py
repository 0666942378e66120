"""Which models are on a device, and how: decided anew for each call, within the bytes that there are."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import torch
from torch import nn

from calotype.pool.devices import MIB, Device
from calotype.pool.estimate import estimated, kind_of, shape_of
from calotype.pool.moved import Placement, Resident
from calotype.pool.relief import Recorded
from calotype.pool.remembered import Remembered
from calotype.pool.seats import Seat, seats_of, size_of
from calotype.pool.stream import Spare, Streamed, unbounded
from calotype.pool.told import Teller, Told
from calotype.pool.units import Seats, cut, laid_out

MARGIN, MEASURED = 1.3, 1.1  # over an estimate, over a measurement: kernels take memory that nobody sees
MOST = 2**62
STEP = 0.25  # share of a model's weights that makes room when a call ran out
Make = Callable[["Held", int], Placement | None]
"""A placement within so many bytes; None where there is none."""


class Hopeless(torch.OutOfMemoryError):
    """Nothing more can be done. helps: what people can do."""

    def __init__(self, words: str, device: Device) -> None:
        super().__init__(words)
        self.helps = (
            f"Use smaller pictures or batches, allow more with {device.setting}, compute text encoders or the VAE on "
            "the processor with --aside, store models in fewer bits with --storage, or use a smaller model."
        )


class Placeable(Protocol):
    """A module as the placer sees it."""

    relief: Any

    def networks(self) -> Iterable[nn.Module]:
        """Where its weights are."""

    def calls(self) -> Iterable[tuple[Any, str]]:
        """What computes with them: objects and names of their methods."""


@dataclass(eq=False, slots=True)
class Held:
    """One model. name, part: for people; busy: how many calls are in it; order: of its layers, once it is known."""

    module: Placeable
    name: str
    part: str
    networks: list[nn.Module]
    seats: Seats
    every: list[Seat]
    size: int
    kind: str
    placement: Placement | None = None
    busy: int = 0
    users: int = 0
    used: float = field(default_factory=time.monotonic)
    seconds: float = 0.0
    order: dict[nn.Module, int] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    most: int = MOST
    spare: Spare = unbounded

    @property
    def bytes(self) -> int:
        """On the device."""
        return 0 if self.placement is None else self.placement.bytes

    @property
    def copies(self) -> int:
        """Bytes of main memory for weights that are there already."""
        placement = self.placement  # another thread may take it away
        return 0 if placement is None else placement.copies

    def score(self, now: float) -> float:
        """The higher, the sooner it goes: bytes for each second of bringing it back, times how long it is unused."""
        return self.bytes * (now - self.used + 1e-3) / (self.seconds + 1e-3)


class Placer:
    """Responsibilities: before each call of a model, its weights on the device, all of them or passing through, so that
    they and what is computed stay within the device's bytes; others moved out for it, the longest unused and cheapest
    to bring back first, never one that computes; after running out, room is made and the call is made again.

    One call computes at a time; calls inside of calls are allowed.
    """

    def __init__(
        self,
        device: Device,
        known: Remembered | None = None,
        tell: Teller | None = None,
        make: Make | None = None,
        whole: bool = False,
    ) -> None:
        """make: another way of placing than whole or streamed; whole: it knows no other than whole."""
        self.device = device
        self.known = known or Remembered()
        self._tell = tell or Teller()
        self._make, self._whole = make, whole
        self.spare: Spare = unbounded  # main memory for copies of weights; the pool knows how much there is
        self._held: dict[int, Held] = {}
        self._lock = threading.RLock()
        self._least: dict[str, int] = {}
        self._guessed: dict[str, int] = {}
        self._count = 0
        self._guessing = False

    def adopt(self, module: Placeable, name: str, part: str) -> Held:
        """Watch over the calls of a module whose weights are in main memory."""
        networks = list(module.networks())
        seats = seats_of(networks)
        every = [seat for own in seats.values() for seat in own]
        held = Held(module, name, part, networks, seats, every, size_of(every), f"{part} {kind_of(every)}")
        held.spare = self.spare
        for owner, call in module.calls():
            setattr(owner, call, partial(self._called, held, owner, call, getattr(owner, call)))
        module.relief = Recorded(
            lambda key: self.known.rung(f"{held.kind} {key}", self.device.capacity()),
            lambda key, how: self.known.took(f"{held.kind} {key}", how, self.device.capacity()),
            lambda words: self._tell(Told("degraded", held.name, held.part, why=words)),
        )
        with self._lock:
            self._held[id(held)] = held
        return held

    def forget(self, held: Held) -> None:
        """It is in use no more, and goes."""
        with self._lock:
            self._out(held, "")
            self._held.pop(id(held), None)

    def unload(self) -> int:
        """Move out everything that does not compute; the bytes."""
        with self._lock:
            before = self.bytes
            for held in self._others(None):
                self._out(held, "asked to")
            self.device.trim()
            return before - self.bytes

    @property
    def bytes(self) -> int:
        """Of weights on the device."""
        return sum(held.bytes for held in self._held.values())

    @property
    def copies(self) -> int:
        """Bytes of main memory for weights that are there already."""
        return sum(held.copies for held in self._held.values())

    def least(self) -> int:
        """The fewest bytes with which the calls so far could have been made, a layer at a time."""
        each = [
            least_of(held) + max((self._needs(k) or 0 for k in held.keys), default=0) for held in self._held.values()
        ]
        return max(each, default=0)

    def _called(self, held: Held, owner: Any, call: str, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """A call of a model, with its weights where they can be computed with."""
        with self._lock:
            if held.busy or self._guessing:  # a call inside of a call of its own, or of one without memory
                return method(*args, **kwargs)
            held.busy += 1
            try:
                return self._insist(held, owner, call, method, args, kwargs)
            finally:
                held.busy -= 1
                held.most = MOST
                held.used = time.monotonic()

    def _insist(self, held: Held, owner: Any, call: str, method: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Call until it succeeds or nothing more can be moved. Raises torch.OutOfMemoryError."""
        key = f"{held.kind} {type(owner).__name__}.{shape_of(call, args, kwargs)}"
        held.keys.add(key)
        if self._needs(key) is None:
            self._guess(held, key, partial(estimated, owner, method, held.every, args, kwargs))
        while True:
            try:
                return self._once(held, call, key, partial(method, *args, **kwargs))
            except torch.OutOfMemoryError as error:
                words = str(error)
            if not self._relieved(held, key, words):
                raise self._hopeless(held, key, words)

    def _once(self, held: Held, call: str, key: str, compute: Callable[[], Any]) -> Any:
        self._place(held, key)
        placement, done = held.placement, False
        self._count += 1
        count = self._count
        assert placement is not None
        self.device.watch()
        before = self.device.used()
        try:
            with self.device.computing():
                placement.begin(call)
                try:
                    result = compute()
                    done = True
                finally:
                    placement.end(call, done)
        except torch.OutOfMemoryError as error:
            error.__traceback__ = None  # it holds what was computed
            raise
        self._learn(held, placement)
        if count == self._count:  # no call inside of this one, which measures for itself
            self.known.saw(key, self.device.peak() - before)
        return result

    def _learn(self, held: Held, placement: Placement) -> None:
        if isinstance(placement, Streamed) and not held.order:
            held.order = dict(placement.order)

    def _needs(self, key: str) -> int | None:
        """Bytes to be left beside weights: measured, or at least what proved too little."""
        seen = self.known.needs(key)
        least = self._least.get(key)
        if seen is None:
            return least
        return max(int(seen * (MEASURED if self.device.pins else 1)), least or 0)

    def _guess(self, held: Held, key: str, estimate: Callable[[], int | None]) -> None:
        """The first time: by a call without memory, or a share of the weights where that cannot be."""
        streamed = held.placement if isinstance(held.placement, Streamed) else None
        if streamed is not None:
            streamed.paused = True
        self._guessing = True
        try:
            found = estimate()
        finally:
            self._guessing = False
            if streamed is not None:
                streamed.paused = False
        self._least[key] = self._guessed[key] = (
            int(found * (MARGIN if self.device.pins else 1)) if found is not None else held.size // 16
        )

    def _place(self, held: Held, key: str) -> None:
        """Bring a model onto the device. Raises torch.OutOfMemoryError when there is no way."""
        needs = self._needs(key) or 0
        room = self._room(needs)
        fits = held.placement is not None and held.bytes <= min(room - self._weights(held), held.most)
        if fits and (held.bytes >= held.size or room - self._weights(held) < held.size):
            return
        self._vacate(room - held.size, held, idle=True)
        if not self._put(held, self._room(needs) - self._weights(held)):
            self._vacate(0, held, idle=False)
            if not self._put(held, self._room(needs) - self._weights(held)):
                spare = self._room(0) - self._weights(held)
                if not self._put(held, spare):
                    what = "the whole does not fit" if self._whole else "not even the largest layer fits"
                    raise torch.OutOfMemoryError(f"{what} into the {max(0, spare) / MIB:.1f} MiB that are left")

    def _put(self, held: Held, left: int) -> bool:
        """Place a model within so many bytes; whether there is a way."""
        left = min(left, held.most)
        if held.placement is not None and held.bytes <= left < held.size:
            return True
        if held.placement is not None:
            held.placement.remove()
            held.placement = None
        began = time.perf_counter()
        made = self._made(held, left)
        if made is None:
            return False
        held.placement, held.seconds = made, time.perf_counter() - began
        why = f"{held.size / MIB:.1f} MiB do not fit into {left / MIB:.1f} MiB" if held.size > left else ""
        self._tell(Told("placed", held.name, held.part, made.name, made.bytes, held.seconds, why))
        return True

    def _made(self, held: Held, left: int) -> Placement | None:
        if self._make is not None:
            return self._make(held, left)
        if held.size <= left:
            return Resident(held.every, self.device)
        layout = laid_out(held.networks, held.seats, left, held.order) if left > 0 else None
        return None if layout is None else Streamed(layout, self.device, held.spare)

    def _room(self, needs: int) -> int:
        """Bytes for weights, when `needs` are left beside them and what else lives on the device."""
        return self.device.capacity() - needs - max(0, self.device.used() - self.bytes)

    def _weights(self, held: Held) -> int:
        """Of the other models."""
        return self.bytes - held.bytes

    def _vacate(self, limit: int, held: Held, *, idle: bool) -> None:
        """Move others out until their weights take at most `limit` bytes. idle: only those that nobody holds."""
        now = time.monotonic()
        for other in sorted(self._others(held), key=lambda o: -o.score(now)):
            if self._weights(held) <= max(limit, 0):
                return
            if other.users == 0 or not idle:
                self._out(other, f"room for {held.name}")

    def _others(self, held: Held | None) -> list[Held]:
        return [o for o in self._held.values() if o is not held and o.busy == 0 and o.placement is not None]

    def _out(self, held: Held, why: str) -> None:
        if held.placement is None:
            return
        size, how = held.bytes, held.placement.name
        held.placement.remove()
        held.placement = None
        if why:
            self._tell(Told("moved out", held.name, held.part, how, size, 0.0, why))

    def _relieved(self, held: Held, key: str, words: str) -> bool:
        """The lower rungs, which change no result: others out, then fewer weights at a time. Whether one was taken."""
        if self._others(held):
            for other in self._others(held):
                self._out(other, f"{held.name} ran out of memory")
            self.device.trim()
            self._retry(held, "other models were moved out", words)
            return True
        smaller = self._smaller(held)
        if smaller is None:
            return False
        self._least[key] = (self._needs(key) or 0) + held.bytes - smaller
        held.most = smaller
        self._out(held, f"{held.name} ran out of memory")
        self.device.trim()
        self._retry(held, f"{smaller / MIB:.1f} MiB of its weights at a time", words)
        return True

    def _smaller(self, held: Held) -> int | None:
        """Bytes for weights that are less than now by a quarter of all, as far as it goes; None at the end."""
        if held.placement is None or (self._make is not None and not isinstance(held.placement, Streamed)):
            return None
        wanted = int(held.bytes - STEP * held.size)
        least = least_of(held)
        if min(held.bytes, held.most) <= least:
            return None
        return max(wanted, least)

    def _retry(self, held: Held, how: str, words: str) -> None:
        self._tell(Told("retried", held.name, held.part, why=f"{how}: {words}"))

    def _hopeless(self, held: Held, key: str, words: str) -> torch.OutOfMemoryError:
        """The error when no rung is left. What was tried is forgotten: the next call may find more room."""
        needs = (self._needs(key) or 0) + (held.size if self._whole else least_of(held))
        free = max(0, self.device.capacity() - self.device.used() + held.bytes)
        self._least[key] = self._guessed.get(key, 0)
        return Hopeless(
            f"{held.name} ({held.part}) needs about {needs / MIB:.1f} MiB at a time, {free / MIB:.1f} MiB of "
            f"{self.device.capacity() / MIB:.1f} MiB are free; it ran out: {words}",
            self.device,
        )


def least_of(held: Held) -> int:
    """The fewest bytes of weights that a model can compute with."""
    finest = cut(held.networks, held.seats, 0, held.order)
    return min(held.size, finest.kept + max((unit.bytes for unit in finest.units), default=0))
