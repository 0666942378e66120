"""From the queue to workers and back: the one place where a run meets a worker."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any

from calotype.backends import GRACE, Backend, Ended, Happened, Lost, Preview, Unit, WorkerInfo
from calotype.dispatch import hub as hubs
from calotype.dispatch.affinity import HOLD, PATIENCE, Affinity
from calotype.dispatch.log import Log
from calotype.errors import CalotypeError, LeaseLost, StoreError
from calotype.runs import Lease, Run, Runs, Waiting

LOOK, BEAT = 0.25, 0.5  # seconds between two looks at the queue while runs wait; between two beats
SOONEST, LATEST = 0.1, 5.0  # seconds until what the disk refused is tried again
_log = logging.getLogger(__name__)


class Dispatcher:
    """Responsibilities: give waiting runs to idle workers, by the models they hold; write what happens; bring every run
    that was claimed to its end or back into the queue; hand on what is asked to stop.

    It decides nothing about states: `Runs` does. patience: see `Affinity`; batch: seconds between two writes of a run's
    events. Belongs to one event loop; `wake` may be called from any thread.
    """

    def __init__(
        self,
        runs: Runs,
        backend: Backend,
        hub: hubs.Hub,
        *,
        patience: float = PATIENCE,
        hold: float = HOLD,
        batch: float = 0.04,
        grace: float = GRACE,
        previews: bool = True,
    ) -> None:
        self._runs, self._backend, self._hub = runs, backend, hub
        self._affinity = Affinity(patience, hold)
        self._batch, self._grace, self._previews = batch, grace, previews
        self.running: dict[str, str] = {}  # run -> worker
        self._leases: dict[str, Lease] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._stopping: set[str] = set()  # runs that were told to stop
        self._news = asyncio.Event()
        self._closing = False
        self._loops: list[asyncio.Task[None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    async def start(self) -> None:
        """Put back what a dead server was working on, start the workers, begin. Raises StoreError."""
        self._loop = asyncio.get_running_loop()
        await asyncio.to_thread(self._runs.recover)
        self._backend.watch(self.wake)
        await self._backend.start()
        self._loops = [asyncio.create_task(self._serve()), asyncio.create_task(self._keep())]

    async def stop(self, drain: float = 10.0) -> None:
        """Take nothing more; wait up to `drain` seconds for what runs; what still runs then goes back to the queue."""
        self._closing = True
        self._news.set()
        await asyncio.gather(*self._loops[:1], return_exceptions=True)  # never in the middle of a claim
        await self._backend.stop(drain)
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        for task in self._loops:
            task.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)

    def wake(self) -> None:
        """Something changed: look at the queue now."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._news.set)

    async def cancel(self, id: str) -> Run:
        """Cancel a run wherever it is. A running one stops within a step, or is killed soon. Raises UnknownRun."""
        run = await asyncio.to_thread(self._runs.cancel, id)
        if run.state == "running":
            self._stop_run(id)
        return run

    async def preload(self, document: Mapping[str, Any]) -> None:
        """Have every worker import and load what a document needs. Raises CalotypeError."""
        await self._backend.preload(document)

    async def unload(self) -> int:
        """Have every worker let go of the models that it does not use now; the bytes."""
        asked = [self._backend.ask(w.id, {"ask": "unload"}) for w in self.workers() if w.state in ("idle", "busy")]
        return sum(int(said["freed"]) for said in await asyncio.gather(*asked))

    async def models(self) -> list[dict[str, Any]]:
        """The models that every worker holds, and where they sit in it."""
        alive = [w.id for w in self.workers() if w.state in ("idle", "busy")]
        answers = await asyncio.gather(*(self._backend.ask(id, {"ask": "models"}) for id in alive))
        return [{"worker": id, **model} for id, said in zip(alive, answers, strict=True) for model in said["models"]]

    def workers(self) -> list[WorkerInfo]:
        """Every worker."""
        return self._backend.workers()

    async def _serve(self) -> None:
        """Give out runs until the end."""
        wait = SOONEST
        while not self._closing:
            self._news.clear()
            try:
                waits = await self._assign()
                wait = SOONEST
            except StoreError as error:
                _log.error("the queue cannot be read, and is tried again: %s", error)
                await asyncio.sleep(wait)
                wait, waits = min(wait * 2, LATEST), True
            try:
                await asyncio.wait_for(self._news.wait(), LOOK if waits else None)
            except TimeoutError:
                continue

    async def _assign(self) -> bool:
        """A run for every idle worker; whether one was left idle though runs wait."""
        left = False
        for worker in self.workers():
            if self._closing or worker.state != "idle" or worker.id in self.running.values():
                continue
            seen: list[Waiting] = []
            lease = await asyncio.to_thread(self._runs.claim, worker.id, partial(self._choose, worker, seen))
            if lease is not None:
                self.running[lease.run], self._leases[lease.run] = worker.id, lease
                self._spawn(self._work(worker.id, lease))
            left = left or (lease is None and bool(seen))
        return left

    def _choose(self, worker: WorkerInfo, seen: list[Waiting], waiting: Sequence[Waiting]) -> str | None:
        seen.extend(waiting[:1])
        return self._affinity.choose(waiting, worker, self._backend.workers())

    async def _work(self, worker: str, lease: Lease) -> None:
        """One attempt at a run."""
        log = Log(self._runs, lease, self._batch)
        unit = Unit(lease.run, lease.attempt, lease.workflow, lease.targets, self._previews)
        end: Ended | Lost = Lost("the backend said nothing of its end", blame=False)
        try:
            async for message in self._backend.submit(worker, unit):
                if isinstance(message, Happened):
                    await log.add(message.event)
                elif isinstance(message, Preview):
                    shown = hubs.Preview(lease.run, message.node, message.done, message.total, message.jpeg)
                    self._hub.preview(lease.client, shown)
                else:
                    end = message
        except Exception as error:
            _log.exception("the backend failed with run %s", lease.run)
            end = Lost(f"the backend failed: {type(error).__name__}: {error}", blame=False)
        try:
            await log.close()
            await self._insist(partial(self._settle, lease, end))
        except LeaseLost as error:
            _log.warning("%s", error)
        finally:
            for known in (self.running, self._leases):
                known.pop(lease.run, None)
            self._stopping.discard(lease.run)
            self._news.set()

    def _settle(self, lease: Lease, end: Ended | Lost) -> None:
        if isinstance(end, Ended):
            self._runs.finish(lease, end.status, record=end.record, files=end.files, error=end.error)
        else:
            self._runs.lost(lease, end.reason, blame=end.blame, output=end.output)

    async def _insist(self, write: Callable[[], None]) -> None:
        """Write though the disk refuses for a while: a run that ended must be known to have ended."""
        wait = SOONEST
        while True:
            try:
                return await asyncio.to_thread(write)
            except StoreError as error:
                if self._closing:
                    _log.error("the end of a run is not written, it will be tried again at the next start: %s", error)
                    return None
                _log.error("the end of a run waits: %s", error)
            await asyncio.sleep(wait)
            wait = min(wait * 2, LATEST)

    async def _keep(self) -> None:
        """Keep leases up, hear of what is to stop, and take back what nobody works on."""
        while True:
            await asyncio.sleep(BEAT)
            for run, lease in list(self._leases.items()):
                try:
                    if await asyncio.to_thread(self._runs.beat, lease):
                        self._stop_run(run)
                except LeaseLost:
                    self._stop_run(run)
                except StoreError as error:
                    _log.warning("%s", error)
            for lease in self._runs.expired():
                if lease.run not in self.running:
                    await self._insist(partial(self._settle, lease, Lost("nobody worked on it", blame=False)))
                    self.wake()

    def _stop_run(self, run: str) -> None:
        if run in self.running and run not in self._stopping:
            self._stopping.add(run)
            self._spawn(self._stopped(run))

    async def _stopped(self, run: str) -> None:
        try:
            await self._backend.cancel(run, self._grace)
        except CalotypeError as error:
            _log.warning("run %s cannot be stopped: %s", run, error)
        finally:
            self._stopping.discard(run)  # if it had only just begun, the next beat asks again

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("the work on a run failed", exc_info=error)
