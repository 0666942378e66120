"""What happened to the files behind the library's back becomes revisions: nothing that lay on disk is lost."""

from __future__ import annotations

import sqlite3

from calotype.library import drafts, history
from calotype.library.folder import Folder
from calotype.library.history import Row
from calotype.library.records import Kind

HAND: Kind = "by hand"


def notice(db: sqlite3.Connection, folder: Folder, name: str, at: str) -> Row | None:
    """The document of a name, with what became of its file meanwhile; None if there is none (any more)."""
    row = history.find(db, name)
    found = folder.read(name) if row is not None or folder.has(name) else None
    if found is None:
        if row is not None:
            _gone(db, row, at)
        return None
    text, stamp = found
    if row is None:
        row = _moved(db, folder, text, name) or begin(db, name)
    if history.digest_of(text) != row.digest:
        return history.add(db, row, text, stamp, at, "", HAND)
    return row if row.stamp == stamp else history.update(db, row, stamp=stamp)


def notice_all(db: sqlite3.Connection, folder: Folder, at: str) -> None:
    """The same for every file whose stamp is not what it was."""
    there = dict(folder.names())
    known = {row.name: row.stamp for row in history.rows(db)}
    changed = [name for name, stamp in there.items() if known.get(name) != stamp]
    for name in [*changed, *(known.keys() - there.keys())]:  # moved files first, so that they are not taken as gone
        notice(db, folder, name, at)


def anything_new(db: sqlite3.Connection, folder: Folder) -> bool:
    """Whether a file is not as it was last seen."""
    return dict(folder.names()) != {row.name: row.stamp for row in history.rows(db)}


def begin(db: sqlite3.Connection, name: str) -> Row:
    """A new document without revisions; drafts that were made under its name are its own now."""
    row = history.begin(db, name)
    drafts.adopt(db, drafts.unsaved(name), drafts.owned(row.id))
    return row


def renamed(db: sqlite3.Connection, row: Row, name: str, stamp: str) -> Row:
    """A document, there under another name, with the drafts that were made under it."""
    drafts.adopt(db, drafts.unsaved(name), drafts.owned(row.id))
    return history.update(db, row, name=name, trashed=None, stamp=stamp)


def _gone(db: sqlite3.Connection, row: Row, at: str) -> None:
    """Somebody removed the file: its text is still in the journal, so it can be had back."""
    history.update(db, row, trashed=at, stamp="")


def _moved(db: sqlite3.Connection, folder: Folder, text: bytes, name: str) -> Row | None:
    """The document whose file was given this name, if its own is gone and the content is the same."""
    digest = history.digest_of(text)
    same = (row for row in history.rows(db) if row.digest == digest and not folder.has(row.name))
    found = next(same, None)
    return renamed(db, found, name, "") if found is not None else None
