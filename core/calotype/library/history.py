"""Documents and their revisions as rows of the journal. Every function works inside a transaction of the caller's."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import blake3
import orjson

from calotype.errors import UnknownWorkflow, WorkflowError
from calotype.library.records import Kind, Revision
from calotype.workflow import read

COLUMNS = "id, name, trashed, revision, digest, stamp, about"
KEEP = 1_000  # revisions of a document
LEVEL = 6  # of compression


@dataclass(frozen=True, slots=True)
class Row:
    """One document. trashed: since when, None while it is there; about: what the listing shows, as JSON."""

    id: int
    name: str
    trashed: str | None
    revision: int
    digest: str
    stamp: str
    about: str

    @property
    def etag(self) -> str:
        """Of the newest revision."""
        return f"{self.revision}-{self.digest[:12]}"


def digest_of(text: bytes) -> str:
    """The content hash of a text, in hex."""
    return str(blake3.blake3(text).hexdigest())


def find(db: sqlite3.Connection, name: str) -> Row | None:
    """The document of a name that is not in the trash."""
    found = db.execute(f"SELECT {COLUMNS} FROM documents WHERE name = ? AND trashed IS NULL", (name,)).fetchone()
    return Row(*found) if found else None


def by_id(db: sqlite3.Connection, id: int) -> Row | None:
    """A document, also one in the trash."""
    found = db.execute(f"SELECT {COLUMNS} FROM documents WHERE id = ?", (id,)).fetchone()
    return Row(*found) if found else None


def rows(db: sqlite3.Connection, *, trashed: bool = False) -> Iterator[Row]:
    """The documents that are there, or those in the trash, newest first."""
    order = "trashed DESC" if trashed else "name"
    query = f"SELECT {COLUMNS} FROM documents WHERE trashed IS {'NOT ' if trashed else ''}NULL ORDER BY {order}"
    return (Row(*found) for found in db.execute(query).fetchall())


def begin(db: sqlite3.Connection, name: str) -> Row:
    """A new document without revisions."""
    made = db.execute(
        "INSERT INTO documents (name, trashed, revision, digest, stamp, about) VALUES (?, NULL, 0, '', '', '{}')",
        (name,),
    )
    return Row(int(made.lastrowid or 0), name, None, 0, "", "", "{}")


def add(db: sqlite3.Connection, row: Row, text: bytes, stamp: str, at: str, author: str, kind: Kind) -> Row:
    """The document with one more revision."""
    digest, number = digest_of(text), row.revision + 1
    db.execute("INSERT OR IGNORE INTO texts VALUES (?, ?)", (digest, zlib.compress(text, LEVEL)))
    db.execute(
        "INSERT INTO revisions VALUES (?, ?, ?, ?, ?, ?, ?)", (row.id, number, at, author, kind, digest, len(text))
    )
    db.execute("DELETE FROM revisions WHERE document = ? AND number <= ?", (row.id, number - KEEP))
    return update(db, row, revision=number, digest=digest, stamp=stamp, about=about(text, row.name))


def update(db: sqlite3.Connection, row: Row, **changes: Any) -> Row:
    """The document with some columns changed."""
    changed = Row(**{name: changes.get(name, getattr(row, name)) for name in Row.__slots__})
    db.execute(
        "UPDATE documents SET name = ?, trashed = ?, revision = ?, digest = ?, stamp = ?, about = ? WHERE id = ?",
        (changed.name, changed.trashed, changed.revision, changed.digest, changed.stamp, changed.about, row.id),
    )
    return changed


def forget(db: sqlite3.Connection, id: int) -> None:
    """Remove a document with all its revisions, and the texts that nobody refers to any more."""
    db.execute("DELETE FROM revisions WHERE document = ?", (id,))
    db.execute("DELETE FROM documents WHERE id = ?", (id,))
    db.execute("DELETE FROM texts WHERE digest NOT IN (SELECT digest FROM revisions)")


def revisions(db: sqlite3.Connection, id: int) -> list[Revision]:
    """Newest first."""
    query = "SELECT number, at, author, kind, digest, bytes FROM revisions WHERE document = ? ORDER BY number DESC"
    return [
        Revision(number=n, at=at, author=author, kind=kind, digest=digest, bytes=size)
        for n, at, author, kind, digest, size in db.execute(query, (id,))
    ]


def revision(db: sqlite3.Connection, row: Row, number: int) -> tuple[Revision, bytes]:
    """One revision with its text. Raises UnknownWorkflow."""
    query = (
        "SELECT number, at, author, kind, digest, bytes, body FROM revisions JOIN texts USING (digest) "
        "WHERE document = ? AND number = ?"
    )
    found = db.execute(query, (row.id, number)).fetchone()
    if found is None:
        raise UnknownWorkflow.saying(
            f'the workflow "{row.name}" has no revision {number}', value=number, expected=f"1 to {row.revision}"
        )
    n, at, author, kind, digest, size, body = found
    return Revision(number=n, at=at, author=author, kind=kind, digest=digest, bytes=size), zlib.decompress(body)


def about(text: bytes, name: str) -> str:
    """What a listing shows of a text, as JSON; of one that cannot be read, why."""
    try:
        document = read(text, name)
    except WorkflowError as error:
        return orjson.dumps({"wrong": error.message.partition("\n")[0]}).decode()
    said = {
        "title": document.name,
        "description": document.description,
        "inputs": {public: said.doc for public, said in document.inputs.items()},
        "nodes": len(document.nodes),
    }
    return orjson.dumps(said).decode()
