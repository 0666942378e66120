"""What can be asked of the queue; nothing here changes it."""

from __future__ import annotations

import sqlite3
from typing import Any

import orjson

from calotype.errors import UnknownRun
from calotype.runs.database import Database
from calotype.runs.model import STATES, Page, Query, Run, State
from calotype.runs.rows import json, one
from calotype.runs.searching import search

Events = list[dict[str, Any]]
Holders = list[tuple[str, str, dict[str, Any]]]


class Reading:
    """Responsibilities: answer for every id that was ever given out; never wait for who writes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def paused(self) -> bool:
        """Whether no run is given to a worker."""
        with self._database.read() as connection:
            row = connection.execute("SELECT value FROM facts WHERE name = 'paused'").fetchone()
        return row is not None and row[0] == "yes"

    def get(self, id: str) -> Run | None:
        """A run as it stands; None if there never was one of that id."""
        with self._database.read() as connection:
            try:
                return one(connection, id)
            except UnknownRun:
                return None

    def workflow(self, id: str) -> dict[str, Any] | None:
        """The document of a run; None when there is none or it is pruned."""
        found: dict[str, Any] | None = self._document(id, "workflow")
        return found

    def targets(self, id: str) -> list[str] | None:
        """The nodes that a run goes to; None for the output nodes, and when its document is pruned."""
        found: list[str] | None = self._document(id, "targets")
        return found

    def record(self, id: str) -> dict[str, Any] | None:
        """The record of a run that a worker brought to its end; None otherwise."""
        found: dict[str, Any] | None = self._document(id, "record")
        return found

    def list(self, query: Query | None = None) -> Page:
        """One page of the runs that a query means. Raises RunError for a wrong cursor."""
        with self._database.read() as connection:
            return search(connection, query or Query(), self._database.fts)

    def counts(self) -> dict[State, int]:
        """How many runs are in each state, the pruned ones too."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT state, count(*) FROM runs GROUP BY state").fetchall()
        return dict.fromkeys(STATES, 0) | {row[0]: row[1] for row in rows}

    def events(self, id: str, after: int = 0, limit: int = 1000) -> Events:
        """The log of a run after an event's number `seq`, in order; see `feed` for what is in it."""
        return self._events("r.id = ? AND e.seq > ? ORDER BY e.seq LIMIT ?", id, after, limit)

    def feed(self, after: int = 0, limit: int = 1000, client: str | None = None) -> Events:
        """The log of all runs, or of one client's, after an event's number `n`, in order.

        Each event: n (over all runs), run, seq (in the run, from 1, over all attempts), attempt, at (seconds since the
        attempt began), event (its kind), and what the kind has.
        """
        clause = "e.n > ? ORDER BY e.n LIMIT ?"
        return self._events(clause, after, limit) if client is None else self._of_client(client, after, limit)

    def newest(self) -> int:
        """The number `n` of the newest event, 0 if there is none."""
        with self._database.read() as connection:
            return connection.execute("SELECT max(n) FROM events").fetchone()[0] or 0

    def holders(self, digest: str) -> Holders:
        """The runs that made a file: id, client, and the file as the run names it."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT r.id, r.client, r.files FROM tags AS t JOIN runs AS r ON r.n = t.run"
                " WHERE t.kind = 'file' AND t.value = ? ORDER BY r.n",
                (digest,),
            ).fetchall()
        return [(i, c, next(f for f in orjson.loads(files) if f["digest"] == digest)) for i, c, files in rows]

    def digests(self) -> set[str]:
        """The files that some run still refers to."""
        with self._database.read() as connection:
            return {row[0] for row in connection.execute("SELECT DISTINCT value FROM tags WHERE kind = 'file'")}

    def _of_client(self, client: str, after: int, limit: int) -> Events:
        return self._events("r.client = ? AND e.n > ? ORDER BY e.n LIMIT ?", client, after, limit)

    def _events(self, clause: str, *values: Any) -> Events:
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT e.n, r.id, e.seq, e.body FROM events AS e JOIN runs AS r ON r.n = e.run WHERE {clause}", values
            ).fetchall()
        return [_event(row) for row in rows]

    def _document(self, id: str, column: str) -> Any:
        with self._database.read() as connection:
            row = connection.execute(
                f"SELECT d.{column} FROM documents AS d JOIN runs AS r ON r.n = d.run WHERE r.id = ?", (id,)
            ).fetchone()
        return json(row[0]) if row else None


def _event(row: sqlite3.Row) -> dict[str, Any]:
    n, run, seq, body = row
    return {"n": n, "run": run, "seq": seq, **orjson.loads(body)}
