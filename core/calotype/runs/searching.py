"""Which runs a query means."""

from __future__ import annotations

import sqlite3
from typing import Any

from calotype.errors import RunError
from calotype.runs.model import Page, Query
from calotype.runs.rows import ORDER, many

MOST = 500  # runs on a page
LARGEST = 2**62  # of a number in a cursor: the database holds 64 bits


def search(connection: sqlite3.Connection, query: Query, fts: bool) -> Page:
    """One page. Raises RunError for a cursor that no page gave."""
    limit = max(1, min(query.limit, MOST))
    ordered = query.state == ("queued",)
    clauses, values = _clauses(query, fts)
    if query.cursor:
        clause, more = _after(query.cursor, ordered)
        clauses, values = [*clauses, clause], [*values, *more]
    rows = connection.execute(
        f"SELECT * FROM runs WHERE {' AND '.join(clauses)} ORDER BY {ORDER if ordered else 'n DESC'} LIMIT ?",
        [*values, limit + 1],
    ).fetchall()
    page = rows[:limit]
    more_left = len(rows) > limit
    return Page(many(connection, page), _cursor(page[-1], ordered) if more_left else "")


def _clauses(query: Query, fts: bool) -> tuple[list[str], list[Any]]:
    said: list[tuple[str, list[Any]]] = [("pruned = 0", [])]
    if query.state:
        said.append((f"state IN ({', '.join('?' * len(query.state))})", list(query.state)))
    for column, value in (("grp", query.group or None), ("client", query.client)):
        if value is not None:
            said.append((f"{column} = ?", [value]))
    if query.since:
        said.append(("created >= ?", [query.since]))
    if query.until:
        said.append(("created < ?", [query.until]))
    if query.type:
        said.append(("n IN (SELECT run FROM tags WHERE kind = 'type' AND value = ?)", [query.type]))
    if query.model:
        pattern = f"%{_plain(query.model)}%"
        said.append(("n IN (SELECT run FROM tags WHERE kind = 'model' AND value LIKE ? ESCAPE '!')", [pattern]))
    said.extend(_words(query.search, fts))
    return [clause for clause, _ in said], [value for _, values in said for value in values]


def _words(text: str, fts: bool) -> list[tuple[str, list[Any]]]:
    """Every word must begin a word of the run's texts; without FTS5 it may stand inside of one."""
    words = text.replace("\0", " ").split()  # to SQLite the text would end there
    if not words:
        return []
    if not fts:
        clause = "n IN (SELECT rowid FROM words WHERE text LIKE ? ESCAPE '!')"
        return [(clause, [f"%{_plain(word)}%"]) for word in words]
    said = " ".join('"' + word.replace('"', '""') + '"*' for word in words)
    return [("n IN (SELECT rowid FROM words WHERE words MATCH ?)", [said])]


def _plain(text: str) -> str:
    """For LIKE: what would be a wild card stands for itself."""
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def _cursor(row: sqlite3.Row, ordered: bool) -> str:
    return f"{row['priority']}:{row['position']!r}:{row['n']}" if ordered else str(row["n"])


def _after(cursor: str, ordered: bool) -> tuple[str, list[Any]]:
    try:
        if not ordered:
            return "n < ?", [_whole(cursor)]
        priority, position, n = cursor.split(":")
        place = [-_whole(priority), float(position), _whole(n)]
    except ValueError:
        raise RunError(f'"{cursor[:40]}" is no cursor; give the "next" of the page before, or none') from None
    return "(-priority, position, n) > (?, ?, ?)", place


def _whole(text: str) -> int:
    """A whole number that the database can hold. Raises ValueError."""
    number = int(text)
    if not -LARGEST <= number <= LARGEST:
        raise ValueError(text)
    return number
