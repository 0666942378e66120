"""Which waiting run an idle worker takes: one whose models it holds, but nobody waits for ever."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence

from calotype.backends import WorkerInfo
from calotype.runs import Waiting

PATIENCE = 30.0  # seconds for which the run that is next may be passed over
HOLD = 1.5  # seconds to wait for the worker that holds a model before it is loaded a second time


class Affinity:
    """Responsibilities: few loads of models, a bound on how long the next run is passed over, turns between clients.

    Who is next: the first run of the client that was served longest ago. Passed over, it is taken after `patience`
    seconds at the latest. ticks: a clock that never jumps. One thread at a time.
    """

    def __init__(
        self, patience: float = PATIENCE, hold: float = HOLD, ticks: Callable[[], float] = time.monotonic
    ) -> None:
        self._patience, self._hold, self._ticks = patience, hold, ticks
        self._served: dict[str, int] = {}  # client -> when, as a count
        self._count = 0
        self._passed: dict[str, float] = {}  # run -> since when it is passed over
        self._given: dict[tuple[str, int], frozenset[str]] = {}  # worker, restarts -> models of its last run

    def choose(self, waiting: Sequence[Waiting], worker: WorkerInfo, workers: Collection[WorkerInfo]) -> str | None:
        """The run for this worker; None to wait a little for a worker that is better suited."""
        if not waiting:
            return None
        now, head = self._ticks(), self._next(waiting)
        self._passed = {run.id: self._passed[run.id] for run in waiting if run.id in self._passed}
        since = self._passed.setdefault(head.id, now)
        picked = self._picked(waiting, head, now - since, worker, workers)
        if picked is None:
            return None
        self._count += 1
        self._served[picked.client] = self._count
        self._passed.pop(picked.id, None)
        self._given[worker.id, worker.restarts] = picked.models
        return picked.id

    def _picked(
        self, waiting: Sequence[Waiting], head: Waiting, passed: float, worker: WorkerInfo, all: Collection[WorkerInfo]
    ) -> Waiting | None:
        held = self._held(worker)
        if passed >= self._patience or head.models <= held:
            return head
        fitting = next((run for run in waiting if run.models and run.models <= held), None)
        if fitting is not None:
            return fitting
        elsewhere = [self._held(one) for one in all if one.id != worker.id and one.state in ("idle", "busy")]
        fresh = [run for run in waiting if not any(run.models <= other for other in elsewhere)]
        if fresh:
            return head if head in fresh else self._pressing(fresh)
        return head if passed >= self._hold else None

    def _next(self, waiting: Sequence[Waiting]) -> Waiting:
        """The first run of the client that was served longest ago; of one client: the first."""
        first: dict[str, Waiting] = {}
        for run in waiting:
            first.setdefault(run.client, run)
        return min(first.values(), key=lambda run: self._served.get(run.client, 0))

    def _pressing(self, waiting: Sequence[Waiting]) -> Waiting:
        """The first run of those models that most runs wait for."""
        wanted = Counter(run.models for run in waiting)
        return max(waiting, key=lambda run: wanted[run.models])

    def _held(self, worker: WorkerInfo) -> frozenset[str]:
        return frozenset(worker.resident) | self._given.get((worker.id, worker.restarts), frozenset())
