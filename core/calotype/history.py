"""The runs that were, in SQLite: one row each, with the whole record."""

from __future__ import annotations

import sqlite3
import threading
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
CREATE INDEX IF NOT EXISTS runs_by_time ON runs (started);
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
    """Keeps records of runs. Opened at the first use and kept open; safe for several threads and processes."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._database: sqlite3.Connection | None = None
        self._lock = threading.Lock()

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

    def close(self) -> None:
        """Let go of the file; the next use opens it again."""
        with self._lock:
            if self._database is not None:
                self._database.close()
                self._database = None

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                if self._database is None:
                    self._database = _connected(self._path)
                with self._database:
                    yield self._database
            except sqlite3.Error as error:
                raise StoreError(
                    f"cannot use the history of runs {self._path}: {error}. Move that file away to begin a new one"
                ) from error
            except OSError as error:
                raise StoreError(f"cannot open the history of runs {self._path}: {error.strerror or error}") from error


def _connected(path: Path | None) -> sqlite3.Connection:
    """The database, with its table. A record is on disk soon, not at once: what a run made does not hang on it."""
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(path or ":memory:", timeout=10, check_same_thread=False)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.executescript(SCHEMA)
    except sqlite3.Error:
        database.close()
        raise
    return database
