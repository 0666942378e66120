"""The memory tier: results as they are, within a number of bytes."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable

from calotype.store.stored import Stored
from calotype.store.survey import Storage, Survey

Rank = tuple[float, int]
CHEAPEST = 1e-6  # seconds: nothing is free, so that results without cost are told apart by size and age


class _Held:
    """One result with its weight. score: the lowest is given up first; used: number of its last use."""

    __slots__ = ("bytes", "score", "storages", "stored", "total", "used", "worth")

    def __init__(self, stored: Stored, weight: Survey) -> None:
        self.stored = stored
        self.bytes = total = weight.bytes
        self.storages = weight.storages
        if weight.storages:
            total += sum(weight.storages.values())
        self.total = total
        self.worth = (stored.seconds if stored.seconds > CHEAPEST else CHEAPEST) / total
        self.score, self.used = 0.0, 0  # set when it is put in and at each use

    @property
    def rank(self) -> Rank:
        """Its place in the order of going."""
        return self.score, self.used


class Memory:
    """Results in memory, at most `limit` bytes of them, the dear ones longest.

    Responsibilities: bytes are those of real storages, each once however many results share it; what is given up first
    has the least of seconds / bytes + age (greedy dual size frequency, Cherkasova 1998, without frequency). Safe for
    threads; a lookup takes no lock.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.bytes = 0
        self._held: dict[str, _Held] = {}
        self._shared: dict[Storage, list[int]] = {}  # storage -> [results that hold it, bytes]
        self._heap: list[tuple[Rank, str]] | None = None  # made when something must be given up for the first time
        self._age = 0.0  # the score of what was given up last: what comes now begins there
        self._uses = itertools.count()
        self._lock = threading.Lock()
        self.has: Callable[[str], bool] = self._held.__contains__  # asked for every node of every plan

    def __contains__(self, key: str) -> bool:
        return key in self._held

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: str) -> Stored | None:
        """A result, which is young again."""
        held = self._held.get(key)
        if held is None:
            return None
        held.score, held.used = self._age + held.worth, next(self._uses)
        return held.stored

    def put(self, key: str, stored: Stored, weight: Survey) -> bool:
        """Keep a result and give up others for it; False if it is larger than everything allowed."""
        held = _Held(stored, weight)
        if held.total > self.limit:
            self.discard(key)
            return False
        with self._lock:
            if key in self._held:
                self._drop(key)
            held.score, held.used = self._age + held.worth, next(self._uses)
            self._held[key] = held
            if self._heap is not None:
                heapq.heappush(self._heap, (held.rank, key))
                if len(self._heap) > 64 + 4 * len(self._held):
                    self._heap = None
            self.bytes += held.bytes
            if held.storages:
                self._count(held)
            if self.bytes > self.limit:
                self._make_room()
        return True

    def reweigh(self, key: str, stored: Stored, weight: Survey) -> None:
        """Count a result anew, after more of it was decoded; nothing happens if it is not held any more."""
        held = self._held.get(key)
        if held is not None and held.stored is stored:
            self.put(key, stored, weight)

    def discard(self, key: str) -> None:
        """Forget one result."""
        with self._lock:
            self._drop(key)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._held.clear()
            self._shared.clear()
            self._heap = None
            self.bytes = 0

    def _count(self, held: _Held) -> None:
        """Count the storages of a result, those that no other holds."""
        for storage, size in held.storages.items():
            holders = self._shared.setdefault(storage, [0, size])
            holders[0] += 1
            if holders[0] == 1:
                self.bytes += size

    def _drop(self, key: str) -> None:
        held = self._held.pop(key, None)
        if held is None:
            return
        self.bytes -= held.bytes
        for storage in held.storages:
            holders = self._shared[storage]
            holders[0] -= 1
            if not holders[0]:
                self.bytes -= holders[1]
                del self._shared[storage]

    def _make_room(self) -> None:
        heap = self._heap
        if heap is None:
            heap = self._heap = [(held.rank, key) for key, held in self._held.items()]
            heapq.heapify(heap)
        while self.bytes > self.limit and heap:
            rank, key = heapq.heappop(heap)
            held = self._held.get(key)
            if held is None:
                continue
            if held.rank > rank:  # used since: it stands further back now
                heapq.heappush(heap, (held.rank, key))
                continue
            self._age = max(self._age, rank[0])
            self._drop(key)
