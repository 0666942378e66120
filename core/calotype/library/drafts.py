"""Unsaved work, kept within a second of each edit, and offered again after whatever happened to server or browser."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from calotype.errors import Conflict, LibraryError
from calotype.library.records import Draft

MOST_ENTRIES = 5_000  # operations since the last whole draft
MOST_CLIENTS = 200  # drafts of one document
LONGEST_CLIENT = 100
LEVEL = 1  # of compression


UNSAVED = "name:"


def owned(id: int) -> str:
    """The owner of the drafts of a document."""
    return f"document:{id}"


def unsaved(name: str) -> str:
    """The owner of the drafts of a document that was never saved."""
    return UNSAVED + name


def post(
    db: sqlite3.Connection,
    owner: str,
    client: str,
    *,
    base: int,
    at: str,
    draft: Mapping[str, Any] | None = None,
    operations: Sequence[Any] = (),
    after: int | None = None,
) -> int:
    """Keep a whole draft, or operations on the last one; the number of the last entry.

    after: the number that the client saw last; another one means that something is missing or was sent before. Raises
    Conflict, LibraryError.
    """
    _check_client(client)
    id, seq = _known(db, owner, client)
    bodies = [orjson.dumps(draft)] if draft is not None else [orjson.dumps(o) for o in operations]
    if after is not None and after != seq:
        if after == seq - len(bodies) and bodies == _bodies(db, id, after):
            return seq  # it was kept; only the answer was lost
        raise Conflict(
            f'the draft of "{client}" is at entry {seq}, not {after}; post the whole draft', (), str(seq), client
        )
    if id == 0:
        id = _begun(db, owner, client, base, at)
    if draft is not None:
        db.execute("DELETE FROM entries WHERE draft = ?", (id,))
    elif _count(db, id) + len(bodies) > MOST_ENTRIES:
        raise LibraryError.saying(
            f"a draft has at most {MOST_ENTRIES} operations after the last whole one", hint="Post the whole draft."
        )
    whole = int(draft is not None)
    rows = [(id, seq + i, whole, zlib.compress(body, LEVEL)) for i, body in enumerate(bodies, 1)]
    db.executemany("INSERT INTO entries VALUES (?, ?, ?, ?)", rows)
    base_too = ", base = ?" if whole else ""
    values = (seq + len(rows), at, *((base,) if whole else ()), id)
    db.execute(f"UPDATE drafts SET seq = ?, at = ?{base_too} WHERE id = ?", values)
    return seq + len(rows)


def of(db: sqlite3.Connection, owner: str, name: str) -> list[Draft]:
    """The drafts of a document, the newest first."""
    query = "SELECT id, client, base, seq, at FROM drafts WHERE owner = ? ORDER BY at DESC, id DESC"
    return [_read(db, name, *found) for found in db.execute(query, (owner,)).fetchall()]


def counts(db: sqlite3.Connection) -> dict[str, int]:
    """How many drafts each owner has."""
    return dict(db.execute("SELECT owner, COUNT(*) FROM drafts GROUP BY owner").fetchall())


def adopt(db: sqlite3.Connection, owner: str, new: str) -> None:
    """Give the drafts of one owner to another; those of a client who has one there already stay."""
    db.execute("UPDATE OR IGNORE drafts SET owner = ? WHERE owner = ?", (new, owner))


def discard(db: sqlite3.Connection, owner: str, client: str | None = None) -> int:
    """Forget the draft of one client, or of all; how many there were."""
    one = "" if client is None else " AND client = ?"
    values = (owner,) if client is None else (owner, client)
    ids = [id for (id,) in db.execute(f"SELECT id FROM drafts WHERE owner = ?{one}", values)]
    for id in ids:
        db.execute("DELETE FROM entries WHERE draft = ?", (id,))
        db.execute("DELETE FROM drafts WHERE id = ?", (id,))
    return len(ids)


def _known(db: sqlite3.Connection, owner: str, client: str) -> tuple[int, int]:
    """The id of a client's draft and the number of its last entry; zeros if there is none."""
    found = db.execute("SELECT id, seq FROM drafts WHERE owner = ? AND client = ?", (owner, client)).fetchone()
    return (int(found[0]), int(found[1])) if found else (0, 0)


def _begun(db: sqlite3.Connection, owner: str, client: str, base: int, at: str) -> int:
    """The id of a new draft."""
    (count,) = db.execute("SELECT COUNT(*) FROM drafts WHERE owner = ?", (owner,)).fetchone()
    if count >= MOST_CLIENTS:
        raise LibraryError.saying(f"there are {count} drafts of this workflow", hint="Save or discard some.")
    made = db.execute(
        "INSERT INTO drafts (owner, client, base, seq, at) VALUES (?, ?, ?, 0, ?)", (owner, client, base, at)
    )
    return int(made.lastrowid or 0)


def _count(db: sqlite3.Connection, id: int) -> int:
    return int(db.execute("SELECT COUNT(*) FROM entries WHERE draft = ? AND NOT whole", (id,)).fetchone()[0])


def _bodies(db: sqlite3.Connection, id: int, after: int) -> list[bytes]:
    found = db.execute("SELECT body FROM entries WHERE draft = ? AND seq > ? ORDER BY seq", (id, after))
    return [zlib.decompress(body) for (body,) in found]


def _read(db: sqlite3.Connection, name: str, id: int, client: str, base: int, seq: int, at: str) -> Draft:
    draft, operations = None, []
    for whole, body in db.execute("SELECT whole, body FROM entries WHERE draft = ? ORDER BY seq", (id,)):
        said = orjson.loads(zlib.decompress(body))
        if whole:
            draft = said
        else:
            operations.append(said)
    return Draft(name=name, client=client, base=base, seq=seq, at=at, draft=draft, operations=operations)


def _check_client(client: str) -> None:
    if not client or len(client) > LONGEST_CLIENT or not client.isprintable():
        raise LibraryError.saying(
            "a draft needs the id of its client, so that two windows do not overwrite each other's work",
            value=client[:LONGEST_CLIENT],
            expected=f"1 to {LONGEST_CLIENT} printable characters",
        )
