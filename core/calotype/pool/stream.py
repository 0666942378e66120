"""Weights that pass through a device while it computes: a ring of places, filled before they are needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from calotype.pool.devices import Device
from calotype.pool.moved import Resident
from calotype.pool.seats import laid_in, padded, remade
from calotype.pool.units import Layout, Unit

Spare = Callable[[int], bool]
"""Whether so many bytes of main memory may be taken for a copy of weights."""


def unbounded(size: int) -> bool:
    """A `Spare` that always lets."""
    return True


@dataclass(eq=False, slots=True)
class Track:
    """What one kind of call computes, in order. calls: indices of units that pass; place: of each unit's in the ring.

    following: for each call the one whose unit is next in its place.
    """

    calls: list[int]
    place: dict[int, int]
    following: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, calls: Sequence[int], places: int) -> Track:
        """The track of the calls that were seen."""
        place = {unit: i % places for i, unit in enumerate(dict.fromkeys(calls))}
        track = cls(list(calls), place)
        count = len(track.calls)
        for at, unit in enumerate(track.calls):
            ahead = ((at + step) % count for step in range(1, count + 1))
            track.following.append(next(j for j in ahead if place[track.calls[j]] == place[unit]))
        return track


class Streamed:
    """A network some of whose units pass through a ring of places.

    Responsibilities: each unit is in its place when it computes, whatever the order; the next ones are copied there
    meanwhile, across calls too. In the first call of a kind the order is learnt: units come when they are called and
    are seated nowhere else, so that a weight which somebody uses without calling its layer is an error and never the
    weight of another. From then on every weight keeps its address.

    name: as people are told. spare: is asked before weights are laid out in main memory once more, so that a unit is
    one copy; where there is no room they are copied from where they are, one by one, which is slower.
    """

    name = "streamed"

    def __init__(self, layout: Layout, device: Device, spare: Spare = unbounded) -> None:
        """Raises torch.OutOfMemoryError."""
        self._device, self._layout, self._spare = device, layout, spare
        self._stay = Resident([*layout.loose, *(s for u in layout.staying for s in u.seats)], device)
        self._ring: list[Tensor] = []
        try:
            self._ring = [device.buffer(layout.slot) for _ in range(layout.slots)]
        except BaseException:
            self._stay.remove()
            raise
        self._units = layout.passing
        self._flat: list[Tensor | None] = [None] * len(self._units)
        self._held: list[int | None] = [None] * layout.slots
        self._tracks: dict[str, Track] = {}
        self._track: Track | None = None
        self._at = 0
        self._seen: list[int] | None = None
        self._called: list[nn.Module] = []
        self.paused = False  # while the network computes on something without memory
        self.loaded = 0  # copies that a unit had to wait for, after its order was known
        self._events = _Events(device) if device.pins else None
        for unit in self._units:
            for seat in unit.seats:
                seat.leave()
        self._handles = [
            handle
            for i, unit in enumerate(self._units)
            for handle in (
                unit.module.register_forward_pre_hook(lambda m, a, i=i: self._before(i)),
                unit.module.register_forward_hook(lambda m, a, o, i=i: self._after(i)),
            )
        ]
        for table in layout.tables:
            self._handles.append(table.register_forward_pre_hook(lambda m, a: tuple(ids.cpu() for ids in a)))
            self._handles.append(table.register_forward_hook(lambda m, a, rows: rows.to(device.where)))
        self._handles += [
            unit.module.register_forward_pre_hook(
                lambda m, a: self._called.append(m) if self._seen is not None else None
            )
            for unit in layout.staying
        ]

    @property
    def bytes(self) -> int:
        """On the device."""
        return self._stay.bytes + sum(place.nbytes for place in self._ring)

    @property
    def passing(self) -> int:
        """Bytes that pass through."""
        return sum(unit.bytes for unit in self._units)

    @property
    def copies(self) -> int:
        """Bytes of copies in main memory."""
        return sum(flat.nbytes for flat in self._flat if flat is not None)

    @property
    def order(self) -> Mapping[nn.Module, int]:
        """The units in the order in which they were first called."""
        return {module: i for i, module in enumerate(dict.fromkeys(self._called))}

    def begin(self, call: str) -> None:
        """A call of this kind begins."""
        track = self._tracks.get(call)
        if track is None:
            self._seen, self._called = [], []
            for unit in self._units:
                _leave(unit)
            self._held = [None] * len(self._held)
        elif track is not self._track:
            self._seat(track)
        self._track, self._at = track, 0

    def end(self, call: str, done: bool) -> None:
        """It ended. done: it was not broken off."""
        if self._seen is None:
            return
        seen, self._seen = self._seen, None
        if done and seen:
            self._tracks[call] = self._track = Track.of(seen, len(self._ring))
            self._seat(self._track)

    def remove(self) -> None:
        """Everything back in main memory."""
        for handle in self._handles:
            handle.remove()
        if self._events is not None:
            self._events.settle()
        for unit in self._units:
            for seat in unit.seats:
                seat.back()
        self._stay.remove()
        self._ring, self._flat, self._handles, self._held = [], [], [], []

    def _seat(self, track: Track) -> None:
        """Seat every unit of a track in its place for good, and begin to fill the places."""
        self._held = [None] * len(self._held)
        for i, unit in enumerate(self._units):
            if i in track.place:
                _seat(unit, self._ring[track.place[i]])
            else:
                _leave(unit)
        self._track = track
        if self._events is not None:
            self._events.wait_for_computing()
        for i, place in track.place.items():
            if self._held[place] is None:
                self._copy(i, place)

    def _before(self, i: int) -> None:
        if self.paused:
            return
        if self._seen is not None:
            self._learn(i)
            return
        track = self._track
        if track is None or i not in track.place:
            self._unforeseen(i)
            return
        if self._at >= len(track.calls) or track.calls[self._at] != i:
            self._at = track.calls.index(i)
        if self._held[track.place[i]] != i:
            self.loaded += 1
            if self._events is not None:
                self._events.wait_for_computing()
            self._copy(i, track.place[i])
        if self._events is not None:
            self._events.wait_for_copy(track.place[i])

    def _after(self, i: int) -> None:
        if self.paused:
            return
        if self._seen is not None:
            _leave(self._units[i])
            return
        track = self._track
        if track is None or i not in track.place:
            _leave(self._units[i])
            return
        following = track.calls[track.following[self._at]]
        self._at += 1
        if following != i:
            if self._events is not None:
                self._events.wait_for_computing()
            self._copy(following, track.place[i])

    def _learn(self, i: int) -> None:
        """Bring a unit for the length of its call."""
        assert self._seen is not None
        place = len(self._seen) % len(self._ring)
        self._seen.append(i)
        self._called.append(self._units[i].module)
        self._bring(i, place)

    def _unforeseen(self, i: int) -> None:
        """A unit that was not called when the order was learnt, in the place of another."""
        self.loaded += 1
        self._bring(i, 0)

    def _bring(self, i: int, place: int) -> None:
        _seat(self._units[i], self._ring[place])
        if self._events is not None:
            self._events.wait_for_computing()
        self._copy(i, place)
        if self._events is not None:
            self._events.wait_for_copy(place)

    def _copy(self, i: int, place: int) -> None:
        flat, ring = self._source(i), self._ring[place]
        self._held[place] = i
        pieces = list(_pieces(self._units[i], ring)) if flat is None else [(flat, ring[: flat.nbytes])]
        if self._events is not None:
            self._events.copy(pieces, place)
        else:
            for source, target in pieces:
                target.copy_(source)

    def _source(self, i: int) -> Tensor | None:
        """The weights of a unit in one piece of main memory, made when they are first wanted; None without room."""
        flat, unit = self._flat[i], self._units[i]
        if flat is None and self._spare(unit.bytes):
            with _aside():
                flat = torch.empty(unit.bytes, dtype=torch.uint8, pin_memory=self._device.pins)
                for source, target in _pieces(unit, flat):
                    target.copy_(source)
            self._flat[i] = flat
        return flat


class _Events:
    """Order between copying and computing on a CUDA device, without the processor waiting."""

    def __init__(self, device: Device) -> None:
        self._where = device.where
        self._stream: Any = torch.cuda.Stream(device.where)  # type: ignore[no-untyped-call]
        self._copied: dict[int, Any] = {}

    def wait_for_computing(self) -> None:
        """Copies that come wait for what is computed so far."""
        self._stream.wait_event(torch.cuda.current_stream(self._where).record_event())

    def wait_for_copy(self, place: int) -> None:
        """What is computed from now on waits for the copy to a place."""
        if place in self._copied:
            torch.cuda.current_stream(self._where).wait_event(self._copied[place])

    def copy(self, pieces: Sequence[tuple[Tensor, Tensor]], place: int) -> None:
        """Copy beside what is computed; pieces: from where, to where."""
        with torch.cuda.stream(self._stream):
            for source, target in pieces:
                target.copy_(source, non_blocking=True)
            self._copied[place] = self._stream.record_event()

    def settle(self) -> None:
        """Wait until nothing is copied any more."""
        self._stream.synchronize()


def _aside() -> Any:
    """Main memory is not the device's, though a simulated one is made of it."""
    from torch.utils._python_dispatch import _disable_current_modes

    return _disable_current_modes()


def _pieces(unit: Unit, flat: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Each weight of a unit, and its place in a flat buffer."""
    offset = 0
    for seat in unit.homes:
        yield seat.home.data, laid_in(flat, offset, seat.home)
        offset += padded(seat.home.nbytes)


def _seat(unit: Unit, place: Tensor) -> None:
    """Seat a unit in a place of the ring. What lies there now is not looked at."""
    offset, made = 0, dict[int, Tensor]()
    for seat in unit.homes:
        made[id(seat.home)] = remade(seat.home, laid_in(place, offset, seat.home))
        offset += padded(seat.home.nbytes)
    for seat in unit.seats:
        seat.put(made[id(seat.home)])


def _leave(unit: Unit) -> None:
    for seat in unit.seats:
        seat.leave()
