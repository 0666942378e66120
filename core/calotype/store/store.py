"""The store: the one door to stored results."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from calotype.store import upkeep
from calotype.store.codecs import Codecs, Resolver
from calotype.store.disk import Disk, Record
from calotype.store.keeper import Keeper
from calotype.store.locks import Locks
from calotype.store.memory import Memory
from calotype.store.objects import Damaged
from calotype.store.stored import Stored
from calotype.store.survey import SMALL, Survey, survey
from calotype.store.upkeep import Entry, Pruned, Verified
from calotype.store.writer import Writer

MEMORY_BYTES = 2 << 30
DISK_BYTES = 5 << 30
DISK_SECONDS = 0.05  # what is computed faster is not worth a file
WAITING_BYTES = 256 << 20  # of results that wait to be written

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stats:
    """How full the store is, how often it was asked, in this process, and how often it had the answer."""

    memory_entries: int
    memory_bytes: int
    memory_limit: int
    disk_entries: int
    disk_bytes: int
    disk_limit: int
    hits: int
    misses: int


class Store:
    """Results by key, in memory over disk.

    Responsibilities: what is in memory is found at once; what was dear, or has files or recipes, is on disk as well,
    written in the background; whatever is damaged is removed, reported to `on_warning` and answered as a miss; a disk
    that is full costs a warning, never a run. Values are taken to be immutable. Safe for threads and processes.

    root: None for memory only. disk_seconds: results that took less, and have neither files nor recipes, stay in
    memory. types: finds the classes of plugins, see `trusting`.
    """

    def __init__(
        self,
        root: Path | None,
        *,
        memory_bytes: int = MEMORY_BYTES,
        disk_bytes: int = DISK_BYTES,
        disk_seconds: float = DISK_SECONDS,
        types: Resolver | None = None,
        on_warning: Callable[[str], None] | None = None,
    ) -> None:
        self.root = root.absolute() if root is not None and disk_bytes > 0 else None
        self.disk_bytes = disk_bytes if self.root else 0
        self.disk_seconds = disk_seconds
        self._memory = Memory(memory_bytes)
        self._warn = on_warning or _log.warning
        self._disk = Disk(self.root, Codecs(types)) if self.root else None
        self._writer: Writer | None = None
        if self._disk is not None:
            self._writer = Writer(Keeper(self._disk, disk_bytes, self._warn).write, WAITING_BYTES)
            weakref.finalize(self, self._writer.close)  # at exit too: what waits is written
        self._locks = Locks(self.root)
        self._hits = self._misses = 0

    def has(self, key: str) -> bool:
        """Whether a result seems to be there: one look in a dictionary, or one stat. `get` may find it damaged."""
        if self._memory.has(key):
            return True
        if self._writer is None or self._disk is None:
            return False
        return self._writer.get(key) is not None or self._disk.has(key)

    def get(self, key: str) -> Stored | None:
        """A result, or None. What comes from disk is checked here, and decoded when it is used."""
        found = self._memory.get(key)
        if found is None and self._writer is not None:
            found = self._writer.get(key) or self._from_disk(key)
        if found is None:
            self._misses += 1
        else:
            self._hits += 1
        return found

    def put(self, key: str, stored: Stored) -> None:
        """Keep a result. It is in memory at once, and on disk soon if it is worth it."""
        weight = survey(stored.decoded)
        held = self._memory.put(key, stored, weight)
        if self._writer is not None and (not held or weight.lasting or stored.seconds >= self.disk_seconds):
            self._writer.put(key, stored, weight.bytes + sum(weight.storages.values()))

    def lock(self, key: str, check: Callable[[], None] | None = None) -> AbstractContextManager[None]:
        """Single-flight: of all who hold the lock of one key, in this process and others, one at a time goes on.

        Look for the result again once you hold it. `check` is called while waiting, about fifty times a second; what it
        raises ends the waiting. A process that dies gives its locks back. Not reentrant.
        """
        return self._locks.hold(key, check)

    def discard(self, key: str) -> None:
        """Forget one result, also on disk."""
        self._memory.discard(key)
        if self._writer is not None and self._disk is not None:
            self._writer.cancel(key)
            if self._disk.has(key):
                upkeep.discard(self._disk, key)

    def entries(self) -> Iterator[Entry]:
        """The results on disk, in no order."""
        self.flush()
        return upkeep.entries(self._disk) if self._disk is not None else iter(())

    def stats(self) -> Stats:
        """How full it is. Looks at every file on disk."""
        self.flush()
        return Stats(
            memory_entries=len(self._memory),
            memory_bytes=self._memory.bytes,
            memory_limit=self._memory.limit,
            disk_entries=sum(1 for _ in self._disk.used()) if self._disk else 0,
            disk_bytes=upkeep.usage(self._disk) if self._disk else 0,
            disk_limit=self.disk_bytes,
            hits=self._hits,
            misses=self._misses,
        )

    def prune(self, max_bytes: int) -> Pruned:
        """Remove from disk what was unused longest, until at most so many bytes are left."""
        self.flush()
        return upkeep.prune(self._disk, max_bytes) if self._disk is not None else Pruned(0, 0)

    def verify(self) -> Verified:
        """Read everything on disk; what is damaged is removed, and said to `on_warning`."""
        self.flush()
        if self._disk is None:
            return Verified(0, ())
        found = upkeep.verify(self._disk)
        for message in found.damaged:
            self._warn(f"stored results: {message}; removed")
        return found

    def clear(self) -> None:
        """Forget everything, also on disk."""
        self.flush()
        self._memory.clear()
        if self._disk is not None:
            upkeep.clear(self._disk)

    def flush(self) -> None:
        """Wait until everything that is worth it is on disk."""
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        """Write what waits, and let go of threads and files. The store may be used again."""
        if self._writer is not None:
            self._writer.close()
        self._locks.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _from_disk(self, key: str) -> Stored | None:
        assert self._disk is not None
        if not self._disk.has(key):
            return None
        try:
            record = self._disk.read(key)
        except Damaged as error:
            upkeep.discard(self._disk, key)
            self._warn(f"stored results: {error}; removed, and computed again")
            return None
        return self._kept(record) if record is not None else None

    def _kept(self, record: Record) -> Stored:
        """The result of an entry, which memory holds from now on at the weight of what is decoded."""
        disk, memory = self._disk, self._memory
        assert disk is not None

        def decode(name: str) -> object:
            value = disk.decode(record.outputs[name])
            memory.reweigh(record.key, stored, survey({**stored.decoded, name: value}))
            return value

        stored = Stored.lazy(tuple(record.outputs), decode, record.seconds, record.node, record.type)
        memory.put(record.key, stored, Survey(bytes=SMALL * (1 + len(record.outputs))))
        disk.touch(record.key)
        return stored
