"""The pool: recipes in, modules out, memory within bounds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from calotype.pool.memory import Holding, MainMemoryFull, budget, give_back, held, holding
from calotype.pool.told import Listener, Teller, Told
from calotype.types import Recipe

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from calotype.pool.placer import Held, Placer


class Loaded(Protocol):
    """A module as the pool sees it."""

    def tensors(self) -> Iterable[Tensor]:
        """Every tensor that it holds."""


Load = Callable[[Recipe], Loaded]
Size = Callable[[Recipe], int]


@dataclass(eq=False, slots=True)
class Entry:
    """One recipe in the pool. module: None while it is being loaded; users: how many hold it now.

    seconds: of loading; held: how it is on a device of its own memory, if it is for one.
    """

    recipe: Recipe
    module: Loaded | None = None
    holding: Holding = frozenset()
    users: int = 0
    used: float = field(default_factory=time.monotonic)
    seconds: float = 0.0
    held: Held | None = None

    def to_dict(self) -> dict[str, Any]:
        """For people and programs: what is resident and how much of it."""
        return {
            "recipe": self.recipe.to_dict(),
            "part": self.recipe.part,
            "family": self.recipe.family,
            "name": self.recipe.file.name,
            "bytes": held([self.holding]),
            "users": self.users,
            "idle": round(time.monotonic() - self.used, 3),
            "seconds": round(self.seconds, 3),
            "how": "in main memory" if self.held is None or self.held.placement is None else self.held.placement.name,
            "device_bytes": 0 if self.held is None else self.held.bytes,
        }


class Pool:
    """The models that are resident on one device.

    Responsibilities: one module for equal recipes; loaded once, however many ask at the same time; within the budget by
    letting go of what was used longest ago, never of what is in use; memory that is let go of returns to the system.
    A budget that somebody asked for is never exceeded; one that is a guess bounds what nobody uses.

    load: makes a module; size: the bytes that it will take, so that room is made before and not after. placer: where
    modules that are loaded into main memory compute on a device with memory of its own; places: which do. Threads may
    share a pool. The placer's lock may be held when the pool's is taken, never the other way about.
    """

    def __init__(
        self,
        load: Load,
        device: torch.device,
        *,
        vram: int | None = None,
        ram: int | None = None,
        size: Size | None = None,
        placer: Placer | None = None,
        places: Callable[[Recipe], bool] = lambda recipe: True,
        tell: Teller | None = None,
    ) -> None:
        self.device = device
        asked = ram if device.type == "cpu" or placer is not None else vram
        self.budget = budget(device, asked, placer is not None)
        self._hard = asked is not None
        self.placer = placer
        if placer is not None:
            placer.spare = self._spare
        self._places = places
        self._tell = tell or Teller()
        self._load = load
        self._size = size
        self._entries: dict[Recipe, Entry] = {}  # least recently used first
        self._changed = threading.Condition()

    @contextmanager
    def use(self, recipe: Recipe, listener: Listener | None = None) -> Iterator[Any]:
        """The module of a recipe, kept resident for the length of the block. Raises what loading raises.

        listener: is told what is done for it, in this thread.
        """
        with self._tell.to(listener):
            entry = self._acquire(recipe)
            try:
                yield entry.module
            finally:
                self._release(entry)

    def resident(self) -> list[dict[str, Any]]:
        """What is resident, least recently used first."""
        with self._changed:
            return [entry.to_dict() for entry in self._entries.values() if entry.module is not None]

    @property
    def bytes(self) -> int:
        """Bytes of main memory that the resident models hold together; on a device without the pool's placer, of it."""
        with self._changed:
            return self._sum(self._entries.values())

    def unload(self) -> int:
        """Let go of every model that is not in use; the bytes that this gave back, of the device too."""
        moved = self.placer.unload() if self.placer is not None else 0
        return moved + self._shrink(0, "asked to")

    def _acquire(self, recipe: Recipe) -> Entry:
        with self._changed:
            while True:
                entry = self._entries.get(recipe)
                if entry is None:
                    entry = self._entries[recipe] = Entry(recipe, users=1)
                    break
                if entry.module is not None:
                    self._hold(entry, 1)
                    self._touch(entry)
                    return entry
                self._changed.wait()  # somebody is loading it: wait for the end, good or bad
        self._fill(entry)
        return entry

    def _fill(self, entry: Entry) -> None:
        began, name = time.perf_counter(), entry.recipe.file.name
        try:
            module = self._loaded(entry.recipe)
            entry.holding = holding(module.tensors())
            self._shrink(self.budget, f"room for {name}")
            self._refuse(name, held([entry.holding]), self._in_use(entry))
            if self.placer is not None and self._places(entry.recipe):
                entry.held = self.placer.adopt(module, name, entry.recipe.part)  # type: ignore[arg-type]
        except BaseException:
            with self._changed:
                del self._entries[entry.recipe]
                self._changed.notify_all()
            raise
        with self._changed:
            entry.seconds, entry.module = time.perf_counter() - began, module
            self._hold(entry, 0)
            self._touch(entry)
            self._changed.notify_all()
        size = held([entry.holding])
        self._tell(Told("loaded", name, entry.recipe.part, bytes=size, seconds=entry.seconds))

    def _loaded(self, recipe: Recipe) -> Loaded:
        """Load; when the device's memory does not suffice, once more with nothing unused beside it."""
        import torch

        if self._size is not None:
            needs = self._size(recipe)
            self._shrink(max(0, self.budget - needs), f"room for {recipe.file.name}")
            self._refuse(recipe.file.name, needs, self._in_use() - min(needs, self._like(recipe)))
        try:
            return self._load(recipe)
        except torch.OutOfMemoryError:
            self.unload()
        return self._load(recipe)

    def _sum(self, entries: Iterable[Entry]) -> int:
        """Bytes of some models, and of the copies that pass through the device where the budget is hard."""
        some = list(entries)
        return held(e.holding for e in some) + sum(e.held.copies for e in some if self._hard and e.held is not None)

    def _in_use(self, but: Entry | None = None) -> int:
        """Bytes of the models which cannot go, but for what `but` holds."""
        with self._changed:
            used = [e for e in self._entries.values() if e.users and e is not but]
            mine = held([but.holding]) if but is not None else 0
            return self._sum([*used, but]) - mine if but is not None else self._sum(used)

    def _like(self, recipe: Recipe) -> int:
        """Bytes of a model in use from the same file, whose tensors a further one shares where patches let it."""
        with self._changed:
            same = (e for e in self._entries.values() if e.users and e.recipe.file == recipe.file)
            return max((held([e.holding]) for e in same if e.recipe.part == recipe.part), default=0)

    def _refuse(self, name: str, needs: int, taken: int) -> None:
        """Raise MainMemoryFull when a model does not fit beside those in use, and somebody said how much it may be."""
        if self._hard and needs + taken > self.budget:
            raise MainMemoryFull.of(name, needs, taken, self.budget)

    def _spare(self, size: int) -> bool:
        """Whether so many bytes of main memory may be taken for copies of weights; what nobody uses goes for them.

        Where the budget is a guess, models do not count: most are mapped from their files, and the system takes their
        pages back.
        """
        if not self._hard:
            with self._changed:
                return sum(e.held.copies for e in self._entries.values() if e.held is not None) + size <= self.budget
        if self._in_use() + size > self.budget:
            return False
        self._shrink(self.budget - size, "room for what passes through the device")
        return True

    def _release(self, entry: Entry) -> None:
        with self._changed:
            self._hold(entry, -1)
            self._touch(entry)
            over = entry.users == 0 and self._sum(self._entries.values()) > self.budget
        if over:
            self._shrink(self.budget, "over the budget")

    @staticmethod
    def _hold(entry: Entry, count: int) -> None:
        entry.users += count
        if entry.held is not None:
            entry.held.users = entry.users

    def _touch(self, entry: Entry) -> None:
        """Move to the end of the order of use."""
        entry.used = time.monotonic()
        self._entries[entry.recipe] = self._entries.pop(entry.recipe)

    def _shrink(self, limit: int, why: str) -> int:
        """Let go of unused models, longest unused first, until at most `limit` bytes are held; the bytes given back."""
        freed = self._drop(limit, why)
        if freed:
            give_back(self.device)
        return freed

    def _drop(self, limit: int, why: str) -> int:
        gone: list[tuple[Entry, int]] = []
        with self._changed:
            before = now = self._sum(self._entries.values())
            for entry in [e for e in self._entries.values() if e.users == 0]:
                if now <= limit:
                    break
                del self._entries[entry.recipe]
                now, last = self._sum(self._entries.values()), now
                gone.append((entry, last - now))
        for entry, size in gone:
            if entry.held is not None and self.placer is not None:
                self.placer.forget(entry.held)
            self._tell(Told("unloaded", entry.recipe.file.name, entry.recipe.part, bytes=size, why=why))
        return before - now
