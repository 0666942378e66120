"""The memory tier: results as they are, within a number of bytes."""

from __future__ import annotations

import heapq
import itertools
import threading

from calotype.store.stored import Stored
from calotype.store.survey import Storage, Survey

CHEAPEST = 1e-6  # seconds: nothing is free, so that results without cost are told apart by size and age


class _Held:
    """One result with its weight. rank: score and number of the last use; the lowest is given up first."""

    __slots__ = ("bytes", "rank", "storages", "stored", "total", "worth")

    def __init__(self, stored: Stored, bytes: int, storages: dict[Storage, int]) -> None:
        self.stored = stored
        self.bytes = bytes
        self.storages = storages
        self.total = bytes + sum(storages.values()) if storages else bytes
        self.worth = max(stored.seconds, CHEAPEST) / self.total
        self.rank = (0.0, 0)


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
        self._heap: list[tuple[tuple[float, int], str]] = []
        self._age = 0.0  # the score of what was given up last: what comes now begins there
        self._uses = itertools.count()
        self._lock = threading.Lock()

    def __contains__(self, key: str) -> bool:
        return key in self._held

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: str) -> Stored | None:
        """A result, which is young again."""
        held = self._held.get(key)
        if held is None:
            return None
        held.rank = (self._age + held.worth, next(self._uses))
        return held.stored

    def put(self, key: str, stored: Stored, weight: Survey) -> bool:
        """Keep a result and give up others for it; False if it is larger than everything allowed."""
        held = _Held(stored, weight.bytes, weight.storages)
        if held.total > self.limit:
            self.discard(key)
            return False
        with self._lock:
            self._drop(key)
            held.rank = (self._age + held.worth, next(self._uses))
            self._held[key] = held
            heapq.heappush(self._heap, (held.rank, key))
            self._count(held)
            if self.bytes > self.limit:
                self._make_room()
            if len(self._heap) > 64 + 4 * len(self._held):
                self._heap = [(h.rank, k) for k, h in self._held.items()]
                heapq.heapify(self._heap)
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
            self._heap.clear()
            self.bytes = 0

    def _count(self, held: _Held) -> None:
        self.bytes += held.bytes
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
        while self.bytes > self.limit and self._heap:
            rank, key = heapq.heappop(self._heap)
            held = self._held.get(key)
            if held is None:
                continue
            if held.rank > rank:  # used since: it stands further back now
                heapq.heappush(self._heap, (held.rank, key))
                continue
            self._age = max(self._age, rank[0])
            self._drop(key)
