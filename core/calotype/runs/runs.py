"""The queue of runs and their history: one SQLite file, which one server holds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from calotype.crash import Crash
from calotype.errors import RunError, WrongState
from calotype.runs.arranging import move, queued
from calotype.runs.database import Database
from calotype.runs.failing import quarantined
from calotype.runs.keeping import prunable
from calotype.runs.locking import Occupancy
from calotype.runs.model import ENDED, Lease, Run, State, Submission, Waiting
from calotype.runs.reading import Reading
from calotype.runs.rows import found, many, one, stamp, waiting
from calotype.runs.work import Told, Work

LEASE, QUARANTINE = 15.0, 2
Choose = Callable[[Sequence[Waiting]], str | None]
Listener = Callable[[Sequence[Told]], None]


class Runs(Reading):
    """The durable queue.

    Responsibilities: a run that `accept` returned is on disk and ends exactly once, in one of the states of ENDED; a
    worker that was given up is refused; a run that took its worker down `quarantine` times is not tried again; every
    change is an event in the run's log, told to listeners in the order of the log.

    lease: seconds without `beat` after which a run counts as abandoned, by `ticks`, which never jumps; clock: the time
    that is shown. Threads may share it. Raises Occupied, StoreError.
    """

    def __init__(
        self,
        path: Path,
        *,
        lease: float = LEASE,
        quarantine: int = QUARANTINE,
        clock: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
        crash: Crash | None = None,
    ) -> None:
        self._occupancy = Occupancy(path.with_suffix(".lock"))
        try:
            super().__init__(Database(path))
        except BaseException:
            self._occupancy.close()
            raise
        self._lease, self._quarantine = lease, quarantine
        self._clock, self._ticks, self._crash = clock, ticks, crash or Crash()
        self._leases: dict[str, tuple[Lease, float, float]] = {}  # run -> lease, when it was taken, when it ends
        self._guard = threading.Lock()
        self._listeners: list[Listener] = []

    def __enter__(self) -> Runs:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file and of the directory."""
        self._database.close()
        self._occupancy.close()

    def listen(self, listener: Listener) -> None:
        """Tell every event after it is committed, with the client whose run it is; in order, from any thread."""
        self._listeners.append(listener)

    # what clients do

    def accept(self, submissions: Sequence[Submission]) -> list[Run]:
        """Take runs in: all of them are on disk when this returns, or none."""
        with self._change() as work:
            last = work.last()
            rows = [work.insert(asked, last + i) for i, asked in enumerate(submissions)]
            accepted = many(work.connection, (found(work.connection, row["id"]) for row in rows))
            self._crash.at("accept.began")
        self._crash.at("accept.committed")
        return accepted

    def cancel(self, id: str) -> Run:
        """A queued run is cancelled at once, a running one is marked so; an ended one stays. Raises UnknownRun."""
        with self._change() as work:
            row = found(work.connection, id)
            if row["state"] == "queued":
                work.end(row, "cancelled")
            elif row["state"] == "running" and not row["cancelling"]:
                work.connection.execute("UPDATE runs SET cancelling = 1 WHERE n = ?", (row["n"],))
                work.tell(row, "RunCancelling")
            return one(work.connection, id)

    def edit(self, id: str, submission: Submission) -> Run:
        """Another workflow for a waiting run, which keeps its id, its place and its client.

        Raises UnknownRun, WrongState.
        """
        with self._change() as work:
            row = queued(work.connection, id, "edited")
            work.connection.execute("UPDATE runs SET name = ? WHERE n = ?", (submission.name, row["n"]))
            work.describe(row["n"], submission)
            work.tell(row, "RunEdited", name=submission.name)
            return one(work.connection, id)

    def duplicate(self, id: str, client: str = "") -> Run:
        """The same once more, at the end of the queue. Raises UnknownRun; WrongState when it is pruned."""
        with self._change() as work:
            asked = work.submission(found(work.connection, id), client)
            if asked is None:
                raise WrongState(f'run "{id}" is no longer kept: only its state is known')
            row = work.insert(asked, work.last())
            return one(work.connection, row["id"])

    def move(self, id: str, *, before: str | None = None, first: bool = False, last: bool = False) -> Run:
        """Put a waiting run before another, first, or last. Raises UnknownRun, WrongState, RunError."""
        if (before is not None) + first + last != 1:
            raise RunError('say one of "before", "first" and "last"')
        with self._change(full=False) as work:
            row = queued(work.connection, id, "moved")
            move(work.connection, row, before, first)
            moved = one(work.connection, id)
            work.tell(row, "RunMoved", place=moved.place)
            return one(work.connection, id)

    def prioritise(self, id: str, priority: int) -> Run:
        """Give a waiting run another priority: higher goes first. Raises UnknownRun, WrongState."""
        with self._change(full=False) as work:
            row = queued(work.connection, id, "given another priority")
            work.connection.execute("UPDATE runs SET priority = ? WHERE n = ?", (priority, row["n"]))
            moved = one(work.connection, id)
            work.tell(row, "RunMoved", place=moved.place)
            return one(work.connection, id)

    def delete(self, id: str) -> Run:
        """Forget an ended run but for its state. Raises UnknownRun, WrongState."""
        with self._change() as work:
            row = found(work.connection, id)
            if row["state"] not in ENDED:
                raise WrongState(f'run "{id}" is {row["state"]}: cancel it first')
            work.forget(row["n"])
            return one(work.connection, id)

    def pause(self) -> None:
        """Give no run to a worker until `resume`; it stays so over a restart. What runs goes on."""
        self._fact("paused", "yes")

    def resume(self) -> None:
        """Give runs to workers again."""
        self._fact("paused", "no")

    # what workers do

    def claim(self, worker: str, choose: Choose | None = None) -> Lease | None:
        """The next run for a worker, or the one that `choose` picks; None when there is none or the queue is paused.

        choose: sees the waiting runs of the highest priority in order, gives an id or None; it must be quick.
        """
        with self._change(full=False) as work:
            candidates = [] if self.paused else waiting(work.connection)
            picked = (choose(candidates) if choose else candidates[0].id) if candidates else None
            if picked is None:
                return None
            lease = self._taken(work, picked, worker)
            self._crash.at("claim.began")
        self._crash.at("claim.committed")
        return lease

    def beat(self, lease: Lease) -> bool:
        """Say that the work goes on; whether it was asked to stop. Raises LeaseLost."""
        with self._database.read() as connection:
            row = Work(connection, "", self._database.fts).held(lease)
        with self._guard:
            if lease.run in self._leases:
                _, since, _ = self._leases[lease.run]
                self._leases[lease.run] = (lease, since, self._ticks() + self._lease)
        return bool(row["cancelling"])

    def append(self, lease: Lease, events: Sequence[Mapping[str, Any]]) -> int:
        """Write events to the run's log; the number of the last. Raises LeaseLost."""
        with self._change(full=False) as work:
            seq = work.say(work.held(lease), events, lease.attempt)
            self._crash.at("event.began")
        self._crash.at("event.committed")
        return seq

    def finish(
        self,
        lease: Lease,
        state: State,
        *,
        record: Mapping[str, Any],
        files: Sequence[Mapping[str, Any]] = (),
        error: Mapping[str, Any] | None = None,
    ) -> Run:
        """End a run; it is on disk when this returns. Raises LeaseLost for whoever no longer works on it.

        What fails after it was asked to stop is cancelled: stopping is what made it fail.
        """
        with self._change() as work:
            row = work.held(lease)
            if row["cancelling"] and state == "failed":
                state = "cancelled"
            seconds = record.get("seconds", self._since(lease))
            work.end(row, state, seconds=seconds, record=record, files=files, error=error)
            self._crash.at("finish.began")
            ended = one(work.connection, lease.run)
        self._crash.at("finish.committed")
        self._let_go(lease)
        return ended

    def lost(self, lease: Lease, reason: str, *, blame: bool, output: str = "") -> State:
        """The worker went. The run goes back to its old place; or it is quarantined; or, if that was asked, cancelled.

        blame: the run is suspected of it; output: what the worker printed last. Raises LeaseLost.
        """
        with self._change() as work:
            row = work.held(lease)
            crashes = row["crashes"] + int(blame)
            if row["cancelling"]:
                work.end(row, "cancelled", seconds=self._since(lease))
            elif crashes >= self._quarantine:
                work.end(row, "quarantined", seconds=self._since(lease), error=quarantined(crashes, reason, output))
            else:
                work.requeue(row, reason, blame)
            self._crash.at("lost.began")
            state: State = found(work.connection, lease.run)["state"]
        self._crash.at("lost.committed")
        self._let_go(lease)
        return state

    def expired(self) -> list[Lease]:
        """The leases that nobody kept up; for `lost`."""
        now = self._ticks()
        with self._guard:
            return [lease for lease, _, end in self._leases.values() if end < now]

    # what the server does

    def recover(self) -> list[str]:
        """Put back what a server that died was working on; nobody is blamed. Once, before any `claim`.

        The ids of the runs that wait again; one that was asked to stop is cancelled.
        """
        with self._change() as work:
            rows = work.connection.execute("SELECT * FROM runs WHERE state = 'running'").fetchall()
            for row in rows:
                if row["cancelling"]:
                    work.end(row, "cancelled")
                else:
                    work.requeue(row, "the server ended", blame=False)
        return [row["id"] for row in rows if not row["cancelling"]]

    def prune(self, keep_runs: int | None = None, keep_days: float | None = None) -> int:
        """Forget ended runs beyond a number, or older than some days, but for their states; how many."""
        cutoff = None if keep_days is None else stamp(self._clock() - keep_days * 86_400)
        with self._change() as work:
            rows = prunable(work.connection, keep_runs, cutoff)
            for n in rows:
                work.forget(n)
        return len(rows)

    def _taken(self, work: Work, id: str, worker: str) -> Lease:
        row = queued(work.connection, id, "claimed")
        work.connection.execute(
            "UPDATE runs SET state = 'running', worker = ?, attempts = attempts + 1, token = token + 1,"
            " started = coalesce(started, ?) WHERE n = ?",
            (worker, work.now, row["n"]),
        )
        row = found(work.connection, id)
        work.tell(row, "RunClaimed", worker=worker)
        kept = work.connection.execute("SELECT workflow, targets FROM documents WHERE run = ?", (row["n"],)).fetchone()
        targets = None if kept["targets"] is None else tuple(orjson.loads(kept["targets"]))
        lease = Lease(id, row["token"], row["attempts"], orjson.loads(kept["workflow"]), targets, worker, row["client"])
        now = self._ticks()
        with self._guard:
            self._leases[id] = (lease, now, now + self._lease)
        return lease

    @contextmanager
    def _change(self, *, full: bool = True) -> Iterator[Work]:
        """One transaction, and then the word of it to the listeners before the next one."""
        with self._database.alone():
            with self._database.write(full=full) as connection:
                work = Work(connection, stamp(self._clock()), self._database.fts)
                yield work
            if work.told:
                for listener in self._listeners:
                    listener(work.told)

    def _fact(self, name: str, value: str) -> None:
        with self._database.write(full=True) as connection:
            connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def _since(self, lease: Lease) -> float | None:
        with self._guard:
            known = self._leases.get(lease.run)
        return None if known is None or known[0] != lease else round(self._ticks() - known[1], 6)

    def _let_go(self, lease: Lease) -> None:
        with self._guard:
            if lease.run in self._leases and self._leases[lease.run][0].token == lease.token:
                del self._leases[lease.run]
