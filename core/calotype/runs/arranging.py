"""The order of the waiting: before whom a run goes."""

from __future__ import annotations

import sqlite3

from calotype.errors import WrongState
from calotype.runs.rows import ORDER, found

ACTIVE = "('queued', 'running')"  # a running one may come back to its place
NARROW = 1e-6  # between two positions: less is not divided again, all are numbered anew


def queued(connection: sqlite3.Connection, id: str, deed: str) -> sqlite3.Row:
    """The row of a waiting run. Raises UnknownRun, WrongState."""
    row = found(connection, id)
    if row["state"] != "queued":
        raise WrongState(f'run "{id}" is {row["state"]}: only a queued run can be {deed}')
    return row


def move(connection: sqlite3.Connection, row: sqlite3.Row, before: str | None, first: bool) -> None:
    """Put a waiting run before another one, to the front, or to the end; it takes the priority that stands there."""
    if before is not None:
        _move_before(connection, row, queued(connection, before, "moved before"))
        return
    end = "max(priority)" if first else "min(priority)"
    others = "SELECT {} FROM runs WHERE n != ? AND state"
    priority = connection.execute(f"{others.format(end)} = 'queued'", (row["n"],)).fetchone()[0]
    if priority is not None:
        end = "min(position) - 1.0" if first else "max(position) + 1.0"
        found = connection.execute(f"{others.format(end)} IN {ACTIVE} AND priority = ?", (row["n"], priority))
        _put(connection, row, priority, found.fetchone()[0])


def _move_before(connection: sqlite3.Connection, row: sqlite3.Row, other: sqlite3.Row) -> None:
    if other["n"] == row["n"]:
        return
    low = _below(connection, row, other)
    if other["position"] - low < NARROW:
        _renumber(connection)
        other = found(connection, other["id"])
        low = _below(connection, row, other)
    _put(connection, row, other["priority"], (low + other["position"]) / 2)


def _below(connection: sqlite3.Connection, row: sqlite3.Row, other: sqlite3.Row) -> float:
    """The position of whoever stands right before `other` now, `row` apart."""
    said: float | None = connection.execute(
        f"SELECT max(position) FROM runs WHERE state IN {ACTIVE} AND priority = ? AND position < ? AND n != ?",
        (other["priority"], other["position"], row["n"]),
    ).fetchone()[0]
    return other["position"] - 2.0 if said is None else said


def _renumber(connection: sqlite3.Connection) -> None:
    rows = connection.execute(f"SELECT n FROM runs WHERE state IN {ACTIVE} ORDER BY {ORDER}").fetchall()
    places = [(float(place), row["n"]) for place, row in enumerate(rows, 1)]
    connection.executemany("UPDATE runs SET position = ? WHERE n = ?", places)


def _put(connection: sqlite3.Connection, row: sqlite3.Row, priority: int, position: float) -> None:
    connection.execute("UPDATE runs SET priority = ?, position = ? WHERE n = ?", (priority, position, row["n"]))
