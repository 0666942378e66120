"""Keeping the disk tier within its bytes, and finding what is damaged."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from calotype.store.disk import Disk, Record
from calotype.store.objects import NAME, TEMPORARY, Damaged, remove

# An object that no entry refers to may belong to a result that another process is just writing.
GRACE = 60.0  # seconds
ABANDONED = 3600.0  # seconds after which a half-written file has no writer any more
HIGH, LOW = 0.9, 0.75  # shares of the limit: where giving up old results begins, and where it ends


@dataclass(frozen=True, slots=True)
class Entry:
    """One stored result, to be shown. bytes: on disk; used: seconds since the epoch."""

    key: str
    node: str
    type: str
    seconds: float
    bytes: int
    used: float


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was removed: results, and bytes of them and of what nobody referred to."""

    entries: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Verified:
    """How many results are sound, and what was wrong with the others, which are gone now."""

    sound: int
    damaged: tuple[str, ...]


def entries(disk: Disk) -> Iterator[Entry]:
    """Every readable entry, in no order."""
    for key, used in disk.used():
        try:
            record = disk.peek(key)
        except Damaged:
            continue
        if record is not None:
            yield Entry(key, record.node, record.type, record.seconds, record.bytes, used)


def usage(disk: Disk) -> int:
    """Bytes of every file in the store."""
    total = 0
    for found in disk.files():
        try:
            total += found.stat().st_size
        except FileNotFoundError:
            continue
    return total


def prune(disk: Disk, limit: int) -> Pruned:
    """Remove the results that were unused longest until at most `limit` bytes are left, and what nobody refers to."""
    began = time.time()
    records, damaged = _by_use(disk)
    removed, freed, total = len(damaged), sum(disk.remove(key) for key in damaged), 0
    kept: set[str] = set()
    dropped: set[str] = set()
    for record in records:  # the youngest first
        new = sum(size for name, size in record.objects.items() if name not in kept)
        if total + record.size + new > limit:
            removed, freed = removed + 1, freed + disk.remove(record.key)
            dropped.update(record.objects)
        else:
            total += record.size + new
            kept.update(record.objects)
    return Pruned(removed, freed + _sweep(disk, kept, dropped, began))


def verify(disk: Disk) -> Verified:
    """Read everything. What is damaged is removed, so that it will be computed again."""
    disk.objects.forget()
    sound, wrong = 0, []
    for key, _ in list(disk.used()):
        try:
            sound += disk.read(key) is not None
        except Damaged as error:
            discard(disk, key)
            wrong.append(str(error))
    kept = {name for key, _ in disk.used() if (record := disk.peek(key)) for name in record.objects}
    _sweep(disk, kept, set(), time.time())
    return Verified(sound, tuple(sorted(wrong)))


def discard(disk: Disk, key: str) -> None:
    """Remove an entry, and those of its objects that are not sound."""
    try:
        record = disk.peek(key)
    except Damaged:
        record = None
    disk.remove(key)
    for name, size in record.objects.items() if record else ():
        try:
            disk.objects.check(name, size)
        except Damaged:
            if NAME.match(name):
                disk.objects.remove(name)


def clear(disk: Disk) -> None:
    """Remove everything."""
    for found in disk.files():
        remove(Path(found.path))
    disk.objects.forget()


def _by_use(disk: Disk) -> tuple[list[Record], list[str]]:
    records, damaged = [], []
    for key, _ in sorted(disk.used(), key=lambda item: item[1], reverse=True):
        try:
            record = disk.peek(key)
        except Damaged:
            damaged.append(key)
            continue
        if record is not None:
            records.append(record)
    return records, damaged


def _sweep(disk: Disk, kept: set[str], dropped: set[str], began: float) -> int:
    """Remove objects that only removed results had, those that nobody refers to, and abandoned halves."""
    freed = 0
    for found in disk.files():
        try:
            changed = found.stat().st_mtime
        except FileNotFoundError:
            continue
        if found.name.endswith(TEMPORARY):
            waste = began - changed > ABANDONED
        elif found.name in kept or not NAME.match(found.name):
            waste = False
        else:  # one that was written again since we began has a new result behind it
            waste = changed < began if found.name in dropped else began - changed > GRACE
        freed += remove(Path(found.path)) if waste else 0
    return freed
