"""What code says of files, remembered as long as both stay what they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from calotype.files.cache import Cache
from calotype.files.hashes import Stamp, settled, stamp_of

ASKED = "SELECT size, mtime, ctime, asked, answer FROM answers WHERE path = ? AND question = ?"
KEPT = "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)"


class Answers:
    """Responsibilities: one text for each file and question, in memory and in the cache beside the hashes.

    asked: the state of the code that answers; another one asks again. Without a state nothing outlives the process.
    What is raised is not remembered. Safe for threads.
    """

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._known: dict[tuple[str, str], tuple[Stamp, str]] = {}

    def of(self, path: Path, question: str, asked: str, answer: Callable[[], str]) -> str:
        """What is known of a file, not a folder; or what `answer` says now. Raises OSError, and what `answer` does."""
        name, stamp = str(path), stamp_of(path)
        known = self._known.get((name, question))
        if known is not None and known[0] == stamp:
            return known[1]
        said = self._recall(name, question, stamp, asked)
        if said is None:
            said = answer()
            if stamp_of(path) != stamp:
                return said
            if asked and settled(stamp):
                self._cache.ask(KEPT, (name, question, *stamp, asked, said))
        self._known[name, question] = (stamp, said)
        return said

    def _recall(self, name: str, question: str, stamp: Stamp, asked: str) -> str | None:
        row = self._cache.ask(ASKED, (name, question)) if asked else None
        return str(row[4]) if row is not None and row[:4] == (*stamp, asked) else None
