"""The library: documents by name, with every version that was ever saved."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from calotype.crash import Crash
from calotype.errors import Conflict, NameTaken, ReadOnly, UnknownWorkflow, WorkflowError
from calotype.library import drafts, history
from calotype.library.folder import Folder
from calotype.library.history import Row
from calotype.library.journal import Journal
from calotype.library.names import checked, key
from calotype.library.noticing import anything_new, begin, notice, notice_all, renamed
from calotype.library.records import ANY, Draft, Entry, Kind, Revision, Trashed, Version
from calotype.library.templates import Templates
from calotype.workflow import Document, read, write
from calotype.workflow.near import nearest


class Library:
    """Documents as plain workflow files in one folder, with a journal beside them.

    Responsibilities: what was acknowledged is on disk, whole, under its name, and stays in the history; nothing is
    overwritten that the writer has not seen; a file that was changed, added, renamed or removed by hand is noticed. The
    file is written first and the journal after it: a crash in between looks like a change by hand, and loses nothing.
    Safe for threads. `expected` is the ETag of what a change is made to, "*" for whatever is there, None for nothing.
    """

    def __init__(
        self,
        root: Path,
        templates: Sequence[Path] = (),
        *,
        crash: Crash | None = None,
        now: Callable[[], str] | None = None,
    ) -> None:
        self._crash = crash or Crash()
        self._now = now or _now
        self._folder = Folder(root, self._crash)
        self._folder.make()
        self._journal = Journal(root)
        self._templates = Templates(templates)

    def close(self) -> None:
        """Let go of the journal."""
        self._journal.close()

    def entries(self) -> list[Entry]:
        """Every document, and the templates whose names are free, by name."""
        with self._journal.reading() as db:
            fresh = not anything_new(db, self._folder)
        if not fresh:
            with self._journal.writing() as db:
                notice_all(db, self._folder, self._now())
        with self._journal.reading() as db:
            counts, own = drafts.counts(db), list(history.rows(db))
            times = {row.id: self._newest(db, row) for row in own}
        found = {row.name: _entry(row, times[row.id], counts.get(drafts.owned(row.id), 0)) for row in own}
        shipped = {e.name: e for e in self._templates.entries()}
        return sorted((shipped | found).values(), key=lambda e: (key(e.name), e.name))

    def get(self, name: str, revision: int | None = None) -> Version:
        """A document as it is, or as it was. Raises UnknownWorkflow, LibraryError, StoreError."""
        name = checked(name)
        with self._journal.writing() as db:
            row = notice(db, self._folder, name, self._now())
            if row is not None:
                said, text = history.revision(db, row, row.revision if revision is None else revision)
                return Version(name=name, revision=said, text=text)
        template = self._templates.get(name)
        if template is None or revision not in (None, 0):
            raise self._unknown(name)
        return template

    def versions(self, name: str) -> list[Revision]:
        """The revisions of a document, the newest first; of a template its only one. Raises UnknownWorkflow."""
        name = checked(name)
        with self._journal.writing() as db:
            row = notice(db, self._folder, name, self._now())
            if row is not None:
                return history.revisions(db, row.id)
        return [self.get(name).revision]

    def put(self, name: str, document: Document, *, expected: str | None, author: str = "") -> Version:
        """Save a document; the same text again is no new revision. The author's draft of it is done with.

        Raises Conflict (with the refused document kept as the author's draft), NameTaken, ReadOnly, LibraryError,
        WorkflowError for what cannot be written, StoreError.
        """
        name, text = checked(name), _text(document)
        with self._journal.writing() as db:
            row = notice(db, self._folder, name, self._now())
            if row is not None and row.digest == history.digest_of(text):
                expected = row.etag  # it says what is there: the answer to a first attempt may have been lost
            if not _met(row, expected):
                raise self._conflict(db, name, row, document, author)
            if row is None:
                self._check_free(db, name)
            saved = self._save(db, name, row, text, author, "saved")
            for owner in (drafts.owned(saved.id), drafts.unsaved(name)):
                drafts.discard(db, owner, author)
            version = self._version(db, saved)
        self._crash.at("document.committed")
        return version

    def restore(self, name: str, revision: int, *, expected: str | None, author: str = "") -> Version:
        """Make an old revision the newest one; nothing in between is lost. Raises as `put` and `get` do."""
        name = checked(name)
        with self._journal.writing() as db:
            row = self._own(db, name, expected)
            _, text = history.revision(db, row, revision)
            return self._version(db, self._save(db, name, row, text, author, "restored"))

    def rename(self, name: str, to: str, *, expected: str | None = ANY) -> Version:
        """Give a document another name; history and drafts go with it. Raises as `put` does."""
        name, to = checked(name), checked(to)
        with self._journal.writing() as db:
            row = self._own(db, name, expected)
            self._check_free(db, to, but=name)
            stamp = self._folder.move(name, to)
            return self._version(db, renamed(db, row, to, stamp))

    def duplicate(self, name: str, to: str, *, author: str = "") -> Version:
        """A new document with the content of another one or of a template. Raises as `put` does."""
        source, to = self.get(name), checked(to)
        with self._journal.writing() as db:
            notice(db, self._folder, to, self._now())
            self._check_free(db, to)
            return self._version(db, self._save(db, to, None, source.text, author, "saved"))

    def delete(self, name: str, *, expected: str | None = ANY) -> Trashed:
        """Move a document into the trash. Raises as `put` does."""
        name = checked(name)
        with self._journal.writing() as db:
            row = self._own(db, name, expected)
            self._folder.discard(name, row.id)
            return _trashed(history.update(db, row, trashed=self._now(), stamp=""))

    def trash(self) -> list[Trashed]:
        """What lies in the trash, the newest first."""
        with self._journal.reading() as db:
            return [_trashed(row) for row in history.rows(db, trashed=True)]

    def bring_back(self, id: int, name: str | None = None) -> Version:
        """Take a document out of the trash, under its name or another one. Raises UnknownWorkflow, NameTaken."""
        with self._journal.writing() as db:
            row = self._in_trash(db, id)
            to = checked(name or row.name)
            notice(db, self._folder, to, self._now())
            self._check_free(db, to)
            _, text = history.revision(db, row, row.revision)
            stamp = self._folder.write(to, text)
            back = renamed(db, row, to, stamp)
            self._folder.empty(row.name, id)
            return self._version(db, back)

    def destroy(self, id: int) -> None:
        """Remove a document from the trash for good, with its history. Raises UnknownWorkflow."""
        with self._journal.writing() as db:
            row = self._in_trash(db, id)
            self._folder.empty(row.name, id)
            drafts.discard(db, drafts.owned(row.id))
            history.forget(db, id)

    def post_draft(
        self,
        name: str,
        client: str,
        *,
        base: int = 0,
        draft: Mapping[str, Any] | None = None,
        operations: Sequence[Any] = (),
        after: int | None = None,
    ) -> int:
        """Keep unsaved work on a document, which need not have been saved ever; see `drafts.post`. On disk on return.

        Raises Conflict, LibraryError.
        """
        name = checked(name)
        with self._journal.writing() as db:
            at = self._now()
            row = notice(db, self._folder, name, at)
            owner = drafts.owned(row.id) if row else drafts.unsaved(name)
            seq = drafts.post(db, owner, client, base=base, at=at, draft=draft, operations=operations, after=after)
        self._crash.at("draft.committed")
        return seq

    def drafts(self, name: str) -> list[Draft]:
        """Unsaved work on a document, the newest first. Raises LibraryError."""
        name = checked(name)
        with self._journal.writing() as db:
            notice(db, self._folder, name, self._now())
            return [d for owner in _owners(db, name) for d in drafts.of(db, owner, name)]

    def unsaved(self) -> list[str]:
        """Names of documents that were never saved and have drafts."""
        with self._journal.reading() as db:
            return sorted(o.removeprefix(drafts.UNSAVED) for o in drafts.counts(db) if o.startswith(drafts.UNSAVED))

    def discard_draft(self, name: str, client: str | None = None) -> int:
        """Forget the draft of one client, or of all; how many there were. Raises LibraryError."""
        name = checked(name)
        with self._journal.writing() as db:
            notice(db, self._folder, name, self._now())
            return sum(drafts.discard(db, owner, client) for owner in _owners(db, name))

    def _save(self, db: sqlite3.Connection, name: str, row: Row | None, text: bytes, author: str, kind: Kind) -> Row:
        if row is not None and row.digest == history.digest_of(text):
            return row
        stamp = self._folder.write(name, text)
        return history.add(db, row or begin(db, name), text, stamp, self._now(), author, kind)

    def _own(self, db: sqlite3.Connection, name: str, expected: str | None) -> Row:
        """The document, as it was expected. Raises UnknownWorkflow, ReadOnly, Conflict."""
        row = notice(db, self._folder, name, self._now())
        if row is None:
            if self._templates.get(name) is not None:
                raise _read_only(name)
            raise self._unknown(name)
        if not _met(row, expected):
            raise _changed(name, row, None)
        return row

    def _conflict(
        self, db: sqlite3.Connection, name: str, row: Row | None, document: Document, author: str
    ) -> Conflict:
        """The refused side is kept as a draft, so that neither is lost."""
        client = author or f"unnamed {secrets.token_hex(4)}"
        base = row.revision if row else 0
        drafts.post(
            db,
            drafts.owned(row.id) if row else drafts.unsaved(name),
            client,
            base=base,
            at=self._now(),
            draft=_json(document),
        )
        return _changed(name, row, client)

    def _check_free(self, db: sqlite3.Connection, name: str, but: str = "") -> None:
        """Raises NameTaken, ReadOnly."""
        if self._templates.get(name) is not None and name != but:
            raise _read_only(name)
        taken = (row.name for row in history.rows(db) if row.name != but and key(row.name) == key(name))
        other = next(taken, None)
        if other is not None:
            same = "" if other == name else ", which some systems take for the same name"
            raise NameTaken.saying(
                f'there is a workflow "{other}" already{same}', value=name, hint="Choose another name."
            )

    def _in_trash(self, db: sqlite3.Connection, id: int) -> Row:
        row = history.by_id(db, id)
        if row is None or row.trashed is None:
            raise UnknownWorkflow.saying(f"there is nothing with the number {id} in the trash", value=id)
        return row

    def _version(self, db: sqlite3.Connection, row: Row) -> Version:
        said, text = history.revision(db, row, row.revision)
        return Version(name=row.name, revision=said, text=text)

    def _newest(self, db: sqlite3.Connection, row: Row) -> tuple[str, str]:
        query = "SELECT at, author FROM revisions WHERE document = ? AND number = ?"
        found = db.execute(query, (row.id, row.revision)).fetchone()
        return (str(found[0]), str(found[1])) if found else ("", "")

    def _unknown(self, name: str) -> UnknownWorkflow:
        with self._journal.reading() as db:
            known = [*(row.name for row in history.rows(db)), *self._templates.names()]
        return UnknownWorkflow.saying(f'there is no workflow "{name}"', value=name, suggestion=nearest(name, known))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _owners(db: sqlite3.Connection, name: str) -> list[str]:
    row = history.find(db, name)
    return [*([drafts.owned(row.id)] if row else []), drafts.unsaved(name)]


def _met(row: Row | None, expected: str | None) -> bool:
    """Whether what is there is what was expected: by its ETag, by the number of its revision, or whatever it is."""
    if row is None:
        return expected in (None, ANY, "0")
    return expected is not None and expected in (ANY, row.etag, str(row.revision))


def _changed(name: str, row: Row | None, client: str | None) -> Conflict:
    kept = f' What you sent was kept as the draft of "{client}".' if client else ""
    what = f'"{name}" is at revision {row.revision}, not the one this was made from' if row else f'"{name}" is gone'
    error = Conflict.saying(
        f"the workflow {what}", value=name, hint=f"Look at both, then save with the ETag of what is there.{kept}"
    )
    return Conflict(error.message, error.problems, row.etag if row else "", client)


def _read_only(name: str) -> ReadOnly:
    return ReadOnly.saying(
        f'the workflow "{name}" ships with the program and stays as it is',
        value=name,
        hint="Duplicate it, or save under another name.",
    )


def _entry(row: Row, newest: tuple[str, str], count: int) -> Entry:
    about = orjson.loads(row.about)
    updated, author = newest
    return Entry(
        name=row.name, revision=row.revision, etag=row.etag, updated=updated, author=author, drafts=count, **about
    )


def _trashed(row: Row) -> Trashed:
    return Trashed(id=row.id, name=row.name, at=row.trashed or "", revision=row.revision)


def _text(document: Document) -> bytes:
    """The file's bytes. Raises WorkflowError for what no file can hold, before anything is written."""
    try:
        text = write(document).encode()
        read(text, document.name or "the workflow")
    except ValueError as error:  # not-finite numbers, lone surrogates
        raise WorkflowError(f"the workflow cannot be written: {error}") from error
    return text


def _json(document: Document) -> dict[str, Any]:
    said: dict[str, Any] = orjson.loads(_text(document))
    return said
