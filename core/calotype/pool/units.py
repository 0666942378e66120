"""Cutting a network into units that are moved at once, and choosing those that stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from torch import nn

from calotype.pool.seats import Seat, padded

LARGEST = 160 * 1024**2  # bytes of a unit, if its layers are not larger
CUTS = (8, 16, 32, 64, 128, 256, 1024)  # parts of the room that a unit may take, coarse ones first
VOCABULARY = 4096  # rows of an embedding from which on it is looked up in main memory
Seats = Mapping[nn.Module, list[Seat]]
"""The seats of each layer's own tensors."""
Within = dict[nn.Module, tuple[list[Seat], int]]
"""The seats with weights of a module and all inside of it, and their bytes; filled as they are asked for."""

WHOLE = (nn.MultiheadAttention,)  # layers that use the weights of their children without calling them


@dataclass(eq=False, slots=True)
class Unit:
    """A part of a network whose weights are moved together. bytes: in a flat buffer; slot: where it is put."""

    module: nn.Module
    seats: list[Seat]
    bytes: int = 0
    homes: list[Seat] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.homes = list({id(seat.home): seat for seat in self.seats}.values())
        self.bytes = sum(padded(seat.home.nbytes) for seat in self.homes)


@dataclass(frozen=True, slots=True)
class Cut:
    """A network in parts. loose: seats that always stay; tables: embeddings, which are looked up in main memory."""

    units: tuple[Unit, ...]
    loose: tuple[Seat, ...]
    tables: tuple[nn.Module, ...] = ()

    @property
    def kept(self) -> int:
        """Bytes that always stay."""
        return sum({id(s.home): s.bytes for s in self.loose}.values())


@dataclass(frozen=True, slots=True)
class Layout:
    """What of a network stays on a device and what passes through. slots: places for units that pass.

    tables: see `Cut`.
    """

    staying: tuple[Unit, ...]
    passing: tuple[Unit, ...]
    loose: tuple[Seat, ...]
    slots: int
    tables: tuple[nn.Module, ...] = ()

    @property
    def slot(self) -> int:
        """Bytes of a place."""
        return max((unit.bytes for unit in self.passing), default=0)

    @property
    def bytes(self) -> int:
        """On the device, in all."""
        kept = sum({id(s.home): s.bytes for s in self.loose}.values())
        return kept + sum(u.bytes for u in self.staying) + self.slots * self.slot


def cut(
    networks: Sequence[nn.Module],
    seats: Seats,
    largest: int,
    order: Mapping[nn.Module, int],
    within: Within | None = None,
) -> Cut:
    """Units of at most `largest` bytes, but for single layers; a tensor that sits in several units is loose.

    order: places of layers in the order of computation, as far as it is known. within: shared by cuts of the same
    networks, so that they are looked through once.
    """
    units, loose = list[Unit](), list[Seat]()
    within = {} if within is None else within
    for network in networks:
        _cut(network, seats, largest, True, units, loose, within)
    loose += [seat for own in seats.values() for seat in own if not seat.weighs]  # small, and read from anywhere
    homes: dict[int, int] = {}
    for unit in units:
        for seat in unit.homes:
            homes[id(seat.home)] = homes.get(id(seat.home), 0) + 1
    shared = {home for home, count in homes.items() if count > 1} | {id(s.home) for s in loose}
    free = [Unit(u.module, [s for s in u.seats if id(s.home) not in shared]) for u in units]
    loose += [s for u in units for s in u.seats if id(s.home) in shared]
    free.sort(key=lambda u: min((order[m] for m in u.module.modules() if m in order), default=len(order)))
    whole = [u for u in free if u.seats]
    tables = tuple(u.module for u in whole if _looked_up(u.module))
    return Cut(tuple(u for u in whole if u.module not in tables), tuple(loose), tables)


def _looked_up(module: nn.Module) -> bool:
    """Whether it is a vocabulary: a large table of which a few rows are read."""
    return isinstance(module, nn.Embedding) and module.num_embeddings >= VOCABULARY


def _cut(
    module: nn.Module,
    seats: Seats,
    largest: int,
    top: bool,
    units: list[Unit],
    loose: list[Seat],
    within: Within,
) -> None:
    own, size = within.get(module) or within.setdefault(module, _within(module, seats))
    if not own:
        return
    children = list(module.children())
    small = size <= largest and not top
    # A list of layers is never called itself.
    called = not isinstance(module, (nn.ModuleList, nn.ModuleDict)) and not any(map(_looked_up, children))
    if (small and called) or not children or isinstance(module, WHOLE):
        units.append(Unit(module, own))
        return
    loose += [seat for seat in seats.get(module, ()) if seat.weighs]
    for child in children:
        _cut(child, seats, largest, False, units, loose, within)


def _within(module: nn.Module, seats: Seats) -> tuple[list[Seat], int]:
    own = [seat for layer in module.modules() for seat in seats.get(layer, ()) if seat.weighs]
    return own, sum(s.bytes for s in own)


def laid_out(networks: Sequence[nn.Module], seats: Seats, room: int, order: Mapping[nn.Module, int]) -> Layout | None:
    """The layout for so many bytes, with as little passing through as there can be; None when no cut is fine enough.

    Coarse cuts with three places come first: fewer and larger copies, each made while others compute.
    """
    within: Within = {}
    for slots in (3, 2, 1):
        for parts in CUTS:
            found = _laid_out(cut(networks, seats, min(LARGEST, room // parts), order, within), room, slots)
            if found is not None:
                return found
    return None


def _laid_out(cut: Cut, room: int, slots: int) -> Layout | None:
    """Within one cut: more passes through until the rest fits."""
    total = sum(u.bytes for u in cut.units)
    passing = max(0, total + cut.kept - room)
    while True:
        chosen = _spread(cut.units, passing, total)
        layout = Layout(
            tuple(u for u in cut.units if u not in chosen),
            tuple(u for u in cut.units if u in chosen),
            cut.loose,
            min(slots, len(chosen)),
            cut.tables,
        )
        if layout.bytes <= room:
            return layout
        if len(chosen) == len(cut.units):
            return None
        passing = max(int(passing * 1.05), passing + 1, sum(u.bytes for u in chosen) + 1)


def _spread(units: Sequence[Unit], passing: int, total: int) -> set[Unit]:
    """Units of at least so many bytes together, evenly between the others: so that each copy has time."""
    chosen, taken, due = set[Unit](), 0, 0.0
    for unit in units:
        due += unit.bytes * passing / max(total, 1)
        if taken < passing and due - taken >= unit.bytes * 0.5:
            chosen.add(unit)
            taken += unit.bytes
    for unit in units:
        if taken >= passing:
            break
        if unit not in chosen:
            chosen.add(unit)
            taken += unit.bytes
    return chosen
