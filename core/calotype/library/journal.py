"""The journal beside the files, in SQLite: what was ever saved, and what was not saved yet."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from calotype.errors import LibraryError, StoreError

FILE = ".journal.sqlite"
BUSY_SECONDS = 10.0
SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, trashed TEXT, revision INTEGER NOT NULL,
    digest TEXT NOT NULL, stamp TEXT NOT NULL, about TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS documents_by_name ON documents (name) WHERE trashed IS NULL;
CREATE TABLE IF NOT EXISTS revisions (
    document INTEGER NOT NULL, number INTEGER NOT NULL, at TEXT NOT NULL, author TEXT NOT NULL, kind TEXT NOT NULL,
    digest TEXT NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY (document, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS texts (digest TEXT PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS drafts (
    id INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL, client TEXT NOT NULL, base INTEGER NOT NULL,
    seq INTEGER NOT NULL, at TEXT NOT NULL, UNIQUE (owner, client)
);
CREATE TABLE IF NOT EXISTS entries (
    draft INTEGER NOT NULL, seq INTEGER NOT NULL, whole INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (draft, seq)
) WITHOUT ROWID;
"""
_log = logging.getLogger(__name__)


class Journal:
    """Responsibilities: transactions that are on disk when they end, one at a time among threads and processes.

    A damaged journal is put aside, not removed, and a new one begun: the files are the documents, and stay.
    """

    def __init__(self, root: Path) -> None:
        self.path = root / FILE
        self._lock = threading.RLock()
        self._database = self._opened()

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._database.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """To look only. Raises StoreError."""
        with self._lock, self._telling():
            yield self._database

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction, on disk when the block ends. Raises StoreError.

        It also lasts when the block refuses what was asked for, since what was noticed and kept on the way is true.
        """
        with self._lock, self._telling():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            except LibraryError:
                self._database.execute("COMMIT")
                raise
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if self._database.in_transaction:
                self._database.rollback()
            raise StoreError(f"the journal of workflows cannot be used: {error}") from error

    def _opened(self) -> sqlite3.Connection:
        try:
            return _connected(self.path)
        except sqlite3.OperationalError as error:
            raise StoreError(f"the journal of workflows cannot be opened: {error}") from error
        except sqlite3.DatabaseError as error:
            aside = self.path.with_name(f"{FILE}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S}")
            _log.warning("the journal of workflows is damaged (%s) and was put aside as %s", error, aside.name)
            self.path.replace(aside)
            for extra in ("-wal", "-shm"):
                self.path.with_name(FILE + extra).unlink(missing_ok=True)
            return _connected(self.path)


def _connected(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        if database.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("its pages do not fit together")
        database.executescript(SCHEMA)
    except sqlite3.Error:
        database.close()
        raise
    return database
