"""What is known of files beyond one process: a small SQLite file."""

from __future__ import annotations

import logging
import sqlite3
import threading
from pathlib import Path

BUSY_SECONDS = 5.0
TABLES = (
    "CREATE TABLE IF NOT EXISTS hashes (path TEXT PRIMARY KEY, size INTEGER, mtime INTEGER, ctime INTEGER, hash TEXT) "
    "WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS answers (path TEXT, question TEXT, size INTEGER, mtime INTEGER, ctime INTEGER, "
    "asked TEXT, answer TEXT, PRIMARY KEY (path, question)) WITHOUT ROWID",
)
Row = tuple[str | int, ...]

_log = logging.getLogger(__name__)


class Cache:
    """Responsibilities: one SQLite file that several processes share; one that is damaged is made anew, one that cannot
    be used is done without. Opened when it is first asked. Safe for threads.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None

    def ask(self, sql: str, values: Row) -> Row | None:
        """The first row that a statement gives, if any; None as well where there is no cache to be used."""
        with self._lock:
            if self._path is None:
                return None
            try:
                if self._db is None:
                    self._db = _opened(self._path)
                row: Row | None = self._db.execute(sql, values).fetchone()
            except (sqlite3.Error, OSError) as error:
                _log.warning("the cache of file hashes, %s, is not used: %s", self._path, error)
                self._path = None
                return None
            return row

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._db is not None:
                self._db.close()
            self._db = None


def _opened(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _connected(path)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise
        path.unlink()  # not a database: nothing in it that cannot be computed again
        return _connected(path)


def _connected(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        for table in TABLES:
            db.execute(table)
    except sqlite3.Error:
        db.close()
        raise
    return db
