"""What happens inside of one transaction of the queue: rows change, and the log of the runs grows with them."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from calotype.errors import LeaseLost
from calotype.runs.model import ENDED, Lease, State, Submission
from calotype.runs.rows import blob, found

Told = tuple[str, dict[str, Any]]  # whose run it is, and the event


class Work:
    """Responsibilities: change rows and write the events that say so, in one transaction; remember those events.

    now: the time as text, for show. Nothing here commits.
    """

    def __init__(self, connection: sqlite3.Connection, now: str, fts: bool) -> None:
        self.connection = connection
        self.now = now
        self.told: list[Told] = []
        self._fts = fts

    def say(self, row: sqlite3.Row, events: Sequence[Mapping[str, Any]], attempt: int | None = None) -> int:
        """Append events to a run's log; the number of the last one."""
        attempt = row["attempts"] if attempt is None else attempt
        n, id = row["n"], row["id"]
        seq: int = self.connection.execute("SELECT last_seq FROM runs WHERE n = ?", (n,)).fetchone()[0]
        for event in events:
            seq += 1
            body = {"attempt": attempt, **{k: v for k, v in event.items() if k not in ("run", "seq", "n", "attempt")}}
            place = self.connection.execute(
                "INSERT INTO events (run, seq, body) VALUES (?, ?, ?)", (n, seq, blob(body))
            ).lastrowid
            self.told.append((row["client"], {"n": place, "run": id, "seq": seq, **body}))
        self.connection.execute("UPDATE runs SET last_seq = ? WHERE n = ?", (seq, n))
        return seq

    def tell(self, row: sqlite3.Row, kind: str, **said: Any) -> None:
        """Append one event of the queue's own."""
        self.say(row, [{"at": 0.0, "time": self.now, "event": kind, **said}])

    def insert(self, asked: Submission, position: float) -> sqlite3.Row:
        """A new run at a position of the queue."""
        id = uuid.uuid4().hex
        columns = (id, asked.name, asked.priority, position, asked.client, asked.kind, asked.group, self.now)
        self.connection.execute(
            "INSERT INTO runs (id, name, state, priority, position, client, kind, grp, created)"
            " VALUES (?, ?, 'queued', ?, ?, ?, ?, ?, ?)",
            columns,
        )
        row = found(self.connection, id)
        self.describe(row["n"], asked)
        self.tell(row, "RunAccepted", name=asked.name)
        return row

    def describe(self, n: int, asked: Submission) -> None:
        """Keep the document of a run, and what it is found by."""
        self.forget_words(n)
        kept = (n, blob(asked.workflow), blob(asked.targets), blob(asked.models), blob(asked.types), asked.prompt)
        self.connection.execute("INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?, ?, ?, NULL)", kept)
        tags = [("model", m, n) for m in asked.models] + [("type", t, n) for t in asked.types]
        self.connection.executemany("INSERT OR IGNORE INTO tags VALUES (?, ?, ?)", tags)
        text = "\n".join((asked.name, asked.prompt, *asked.models, *asked.types))
        self.connection.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (n, text))

    def forget_words(self, n: int) -> None:
        """Take a run out of the search."""
        self.connection.execute("DELETE FROM words WHERE rowid = ?", (n,))
        self.connection.execute("DELETE FROM tags WHERE run = ?", (n,))

    def forget(self, n: int) -> None:
        """Drop all of a run but the fact that it was, and how it ended."""
        self.forget_words(n)
        self.connection.execute("DELETE FROM documents WHERE run = ?", (n,))
        self.connection.execute("DELETE FROM events WHERE run = ?", (n,))
        self.connection.execute(
            "UPDATE runs SET pruned = 1, name = '', error = NULL, files = NULL, grp = '' WHERE n = ?", (n,)
        )

    def held(self, lease: Lease) -> sqlite3.Row:
        """The row of a run that a lease is still good for. Raises LeaseLost."""
        row = found(self.connection, lease.run)
        if row["state"] != "running" or row["token"] != lease.token:
            raise LeaseLost(f'run "{lease.run}" is {row["state"]}, and no longer worker {lease.worker}\'s')
        return row

    def end(
        self,
        row: sqlite3.Row,
        state: State,
        *,
        seconds: float | None = None,
        record: Mapping[str, Any] | None = None,
        files: Sequence[Mapping[str, Any]] = (),
        error: Mapping[str, Any] | None = None,
    ) -> None:
        """Bring a run to its end."""
        assert state in ENDED
        self.connection.execute(
            "UPDATE runs SET state = ?, ended = ?, seconds = ?, error = ?, files = ?, cancelling = 0 WHERE n = ?",
            (state, self.now, seconds, blob(error), blob(list(files)), row["n"]),
        )
        if record:
            self.connection.execute("UPDATE documents SET record = ? WHERE run = ?", (blob(record), row["n"]))
        tags = [("file", f["digest"], row["n"]) for f in files]
        self.connection.executemany("INSERT OR IGNORE INTO tags VALUES (?, ?, ?)", tags)
        self.tell(row, "RunEnded", state=state, seconds=seconds, files=list(files), error=error)

    def requeue(self, row: sqlite3.Row, reason: str, blame: bool) -> None:
        """Put a run back where it was in the queue."""
        self.connection.execute(
            "UPDATE runs SET state = 'queued', crashes = crashes + ?, worker = '' WHERE n = ?", (int(blame), row["n"])
        )
        self.tell(row, "RunRequeued", reason=reason, blame=blame)

    def submission(self, row: sqlite3.Row, client: str) -> Submission | None:
        """What was asked for, to ask for it again; None when that is pruned."""
        kept = self.connection.execute("SELECT * FROM documents WHERE run = ?", (row["n"],)).fetchone()
        if kept is None:
            return None
        targets = None if kept["targets"] is None else tuple(orjson.loads(kept["targets"]))
        return Submission(
            workflow=orjson.loads(kept["workflow"]),
            name=row["name"],
            targets=targets,
            client=client or row["client"],
            kind=row["kind"],
            models=tuple(orjson.loads(kept["models"])),
            types=tuple(orjson.loads(kept["types"])),
            prompt=kept["prompt"],
        )

    def last(self) -> float:
        """The position behind every other."""
        return (self.connection.execute("SELECT max(position) FROM runs").fetchone()[0] or 0.0) + 1.0
