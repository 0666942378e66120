"""The queue's SQLite file: one connection that writes, one that reads, and how durable each write is."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from calotype.errors import StoreError
from calotype.runs.schema import PLAIN_WORDS, SCHEMA, VERSION, WORDS

WAIT = 15.0  # seconds for which another process (a backup) may hold the file


class Database:
    """Responsibilities: transactions one after the other, whole or not at all; readers never wait for writers.

    Where `full` is said, a transaction is on the disk (fsync) when the block ends; otherwise it is after the next one
    that is, which a crash of the process does not touch. Raises StoreError for whatever SQLite says.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writing, self._reading = threading.RLock(), threading.Lock()
        with self._said():
            self._writer = _connect(path)
            try:
                self.fts = _prepare(self._writer)
                self._reader = _connect(path)
            except BaseException:
                self._writer.close()
                raise
            self._reader.execute("PRAGMA query_only = ON")

    @contextmanager
    def write(self, *, full: bool = False) -> Iterator[sqlite3.Connection]:
        """A transaction, alone with the right to write. Not reentrant."""
        with self._writing, self._said():
            self._writer.execute(f"PRAGMA synchronous = {'FULL' if full else 'NORMAL'}")
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:  # a full disk may have ended it already
                    self._writer.execute("ROLLBACK")
                raise

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other writers out, around a transaction and what must follow it in the same order."""
        with self._writing:
            yield

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """What is committed now."""
        with self._reading, self._said():
            yield self._reader

    def close(self) -> None:
        """Let go of the file."""
        with self._writing, self._reading:
            self._reader.close()
            self._writer.close()

    @contextmanager
    def _said(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            damaged = isinstance(error, sqlite3.OperationalError) is False
            remedy = "Move the file away to begin a new one" if damaged else "See whether the disk is full or read-only"
            raise StoreError(f'cannot use the queue of runs "{self.path}": {error}. {remedy}') from error


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=WAIT, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    return connection


def _prepare(connection: sqlite3.Connection) -> bool:
    """Make the tables. Whether this SQLite can search words; where not, texts are compared one by one."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(SCHEMA)
    try:
        connection.execute(WORDS)
    except sqlite3.OperationalError:
        connection.execute(PLAIN_WORDS)
    said = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'words'").fetchone()[0]
    connection.execute("INSERT OR IGNORE INTO facts VALUES ('version', ?)", (str(VERSION),))
    version = int(connection.execute("SELECT value FROM facts WHERE name = 'version'").fetchone()[0])
    if version > VERSION:
        raise StoreError(f"the queue of runs was written by a newer version of calotype (format {version})")
    return "fts5" in said
