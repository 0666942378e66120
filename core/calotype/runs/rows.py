"""From rows of the queue to runs, and where each stands in the order."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from calotype.errors import UnknownRun
from calotype.runs.model import Run, Waiting

ORDER = "priority DESC, position, n"
TURNS = 64  # waiting runs of one client that a scheduler sees
SEEN = 256  # of all clients, as long as there are not more of them


def stamp(seconds: float) -> str:
    """Seconds of the epoch as ISO 8601 in UTC with milliseconds, which sorts as text."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def found(connection: sqlite3.Connection, id: str) -> sqlite3.Row:
    """The row of a run. Raises UnknownRun."""
    row: sqlite3.Row | None = connection.execute("SELECT * FROM runs WHERE id = ?", (id,)).fetchone()
    if row is None:
        raise UnknownRun(f'there never was a run "{id}"')
    return row


def run_of(row: sqlite3.Row, place: int | None) -> Run:
    """A run from its row."""
    return Run(
        id=row["id"],
        name=row["name"],
        state=row["state"],
        priority=row["priority"],
        place=place,
        created=row["created"],
        started=row["started"],
        ended=row["ended"],
        attempts=row["attempts"],
        seconds=row["seconds"],
        error=json(row["error"]),
        group=row["grp"],
        client=row["client"],
        kind=row["kind"],
        worker=row["worker"],
        cancelling=bool(row["cancelling"]),
        last_seq=row["last_seq"],
        files=json(row["files"]) or [],
        pruned=bool(row["pruned"]),
    )


def one(connection: sqlite3.Connection, id: str) -> Run:
    """A run as it stands. Raises UnknownRun."""
    row = found(connection, id)
    return run_of(row, place_of(connection, row) if row["state"] == "queued" else None)


def many(connection: sqlite3.Connection, rows: Iterable[sqlite3.Row]) -> list[Run]:
    """Runs from their rows, the queued ones with their places."""
    rows = list(rows)
    queued = [row["n"] for row in rows if row["state"] == "queued"]
    places = _places(connection) if len(queued) > 1 else {}
    if len(queued) == 1:
        places = {row["n"]: place_of(connection, row) for row in rows if row["state"] == "queued"}
    return [run_of(row, places.get(row["n"])) for row in rows]


def place_of(connection: sqlite3.Connection, row: sqlite3.Row) -> int:
    """1 for the run that is next."""
    before: int = connection.execute(
        "SELECT (SELECT count(*) FROM runs WHERE state = 'queued' AND priority > :priority)"
        " + (SELECT count(*) FROM runs WHERE state = 'queued' AND priority = :priority AND position < :position)",
        {"priority": row["priority"], "position": row["position"]},
    ).fetchone()[0]
    return before + 1


def _places(connection: sqlite3.Connection) -> dict[int, int]:
    rows = connection.execute(f"SELECT n FROM runs WHERE state = 'queued' ORDER BY {ORDER}")
    return {row[0]: place for place, row in enumerate(rows, 1)}


def waiting(connection: sqlite3.Connection) -> list[Waiting]:
    """The runs that may be next, in order: of the highest priority, some of every client."""
    (priority,) = connection.execute("SELECT max(priority) FROM runs WHERE state = 'queued'").fetchone()
    clients = connection.execute(
        "SELECT DISTINCT client FROM runs WHERE state = 'queued' AND priority = ?", (priority,)
    ).fetchall()
    turns = max(1, min(TURNS, SEEN // max(1, len(clients))))
    found = [row for (client,) in clients for row in _turns(connection, priority, client, turns)]
    found.sort(key=lambda row: (row["position"], row["n"]))
    return [Waiting(r["id"], priority, r["client"], frozenset(orjson.loads(r["models"]))) for r in found]


def _turns(connection: sqlite3.Connection, priority: int, client: str, count: int) -> list[sqlite3.Row]:
    """The next runs of one client."""
    return connection.execute(
        "SELECT r.n, r.id, r.client, r.position, d.models FROM runs AS r JOIN documents AS d ON d.run = r.n"
        " WHERE r.state = 'queued' AND r.priority = ? AND r.client = ? ORDER BY r.position, r.n LIMIT ?",
        (priority, client, count),
    ).fetchall()


def json(blob: bytes | None) -> Any:
    """What a JSON column holds; None for nothing."""
    return None if blob is None else orjson.loads(blob)


def blob(value: Mapping[str, Any] | Iterable[Any] | None) -> bytes | None:
    """For a JSON column; what JSON cannot say stands as text."""
    return None if value is None else orjson.dumps(value, str, orjson.OPT_NON_STR_KEYS)
