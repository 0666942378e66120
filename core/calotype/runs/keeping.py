"""Which ended runs are no longer kept."""

from __future__ import annotations

import sqlite3


def prunable(connection: sqlite3.Connection, keep_runs: int | None, ended_before: str | None) -> list[int]:
    """The rows of ended runs beyond the newest `keep_runs`, or ended before that time."""
    ended = "SELECT n FROM runs WHERE pruned = 0 AND state NOT IN ('queued', 'running')"
    found: set[int] = set()
    if keep_runs is not None:
        found.update(r[0] for r in connection.execute(f"{ended} ORDER BY n DESC LIMIT -1 OFFSET ?", (keep_runs,)))
    if ended_before is not None:
        found.update(r[0] for r in connection.execute(f"{ended} AND ended < ?", (ended_before,)))
    return sorted(found)
