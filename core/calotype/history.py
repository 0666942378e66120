"""The runs that were, in SQLite: one row each, with the whole record."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from calotype.errors import StoreError

SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, status TEXT NOT NULL, started TEXT NOT NULL, record BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS runs_by_name ON runs (name, started);
"""
KEEP = 2_000  # runs


@dataclass(slots=True)
class RunRecord:
    """One run, whole: what ran, on what, how it went, what it wrote.

    workflow: the document with its seeds resolved; nodes: by id, see `NodeRecord.to_dict`; started: UTC, ISO 8601.
    """

    id: str
    name: str
    status: str
    started: str
    seconds: float
    workflow: dict[str, Any]
    runtime: dict[str, Any]
    nodes: dict[str, dict[str, Any]]
    files: list[str] = field(default_factory=list)
    error: dict[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {name: getattr(self, name) for name in self.__slots__}

    def within(self) -> dict[str, Any]:
        """What a picture carries of it: enough to make the picture again and to say what differs."""
        return {n: getattr(self, n) for n in ("id", "name", "started", "workflow", "runtime", "nodes")}


class History:
    """Keeps records of runs. Opened at the first use; safe for several processes."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def add(self, record: RunRecord) -> None:
        """Keep a record; the oldest beyond the bound are forgotten. Raises StoreError."""
        row = (record.id, record.name, record.status, record.started, orjson.dumps(record.to_dict()))
        with self._opened() as database:
            database.execute("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?)", row)
            database.execute(
                "DELETE FROM runs WHERE id IN (SELECT id FROM runs ORDER BY started DESC LIMIT -1 OFFSET ?)", (KEEP,)
            )

    def last(self, name: str) -> dict[str, Any] | None:
        """The newest record of a workflow, by its name."""
        return self._one("SELECT record FROM runs WHERE name = ? ORDER BY started DESC LIMIT 1", name)

    def get(self, run: str) -> dict[str, Any] | None:
        """A record by the run's id."""
        return self._one("SELECT record FROM runs WHERE id = ?", run)

    def _one(self, query: str, value: str) -> dict[str, Any] | None:
        if self._path is None or not self._path.exists():
            return None
        with self._opened() as database:
            row = database.execute(query, (value,)).fetchone()
        return None if row is None else orjson.loads(row[0])

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            if self._path is not None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
            database = sqlite3.connect(self._path or ":memory:", timeout=10)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(
                f"cannot open the history of runs {self._path}: {getattr(error, 'strerror', None) or error}"
            ) from error
        try:
            with database:
                database.execute("PRAGMA journal_mode = WAL")
                database.executescript(SCHEMA)
                yield database
        except sqlite3.Error as error:
            raise StoreError(
                f"cannot use the history of runs {self._path}: {error}. Move that file away to begin a new one"
            ) from error
        finally:
            database.close()
