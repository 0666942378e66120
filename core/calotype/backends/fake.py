"""A backend that computes nothing and fails as a script says: for tests of what stands above backends."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from calotype.backends.protocol import GRACE, Ended, Happened, Lost, Message, Preview, Unit, WorkerInfo
from calotype.errors import WorkerError


@dataclass(frozen=True, slots=True)
class Act:
    """What happens with a run: events, then its end after `seconds`.

    hang: it does not stop when it is asked to. models: what it makes resident; each that was not is one load, and takes
    `load` seconds.
    """

    end: Ended | Lost = field(default_factory=lambda: Ended("succeeded", {"seconds": 0.0}, []))
    events: Sequence[Mapping[str, Any]] = ({"event": "RunStarted", "at": 0.0, "total": 1, "hits": 0},)
    previews: Sequence[Preview] = ()
    seconds: float = 0.0
    hang: bool = False
    models: tuple[str, ...] = ()
    load: float = 0.0


Script = Callable[[Unit], Act] | Iterable[Act]


class Fake:
    """Responsibilities: keep to the protocol exactly, do what the script says, remember what was asked.

    script: an act for each unit, or a function of the unit; where a list ends, runs succeed. slots: models that a
    worker can hold. units: what was submitted, with the worker; loads: every load, in order.
    """

    def __init__(self, script: Script = (), *, workers: int = 1, slots: int = 1) -> None:
        self._script = script if callable(script) else _read(deque(script))
        self._slots = slots
        self._infos = {f"fake-{i}": WorkerInfo(f"fake-{i}", "cpu", "starting") for i in range(workers)}
        self._stops: dict[str, asyncio.Event] = {}
        self._kills: dict[str, asyncio.Event] = {}
        self._overs: dict[str, asyncio.Event] = {}
        self._watchers: list[Callable[[], None]] = []
        self.units: list[tuple[str, Unit]] = []
        self.loads: list[tuple[str, str]] = []
        self.preloaded: list[Mapping[str, Any]] = []

    async def start(self) -> None:
        """See `Backend`."""
        for id in self._infos:
            self._set(id, state="idle")

    async def stop(self, drain: float) -> None:
        """See `Backend`."""
        await asyncio.gather(*(self._wait(run, drain) for run in list(self._overs)))
        for kill in self._kills.values():
            kill.set()
        await asyncio.gather(*(self._wait(run, drain) for run in list(self._overs)))
        for id in self._infos:
            self._set(id, state="dead")

    def workers(self) -> list[WorkerInfo]:
        """See `Backend`."""
        return list(self._infos.values())

    def watch(self, changed: Callable[[], None]) -> None:
        """See `Backend`."""
        self._watchers.append(changed)

    async def submit(self, worker: str, unit: Unit) -> AsyncIterator[Message]:
        """See `Backend`."""
        if worker not in self._infos or self._infos[worker].state != "idle":
            yield Lost(f"worker {worker} cannot take a run now", blame=False)
            return
        act = self._script(unit)
        self.units.append((worker, unit))
        stop, kill, over = (asyncio.Event() for _ in range(3))
        self._stops[unit.run], self._kills[unit.run], self._overs[unit.run] = stop, kill, over
        self._set(worker, state="busy", run=unit.run)
        end: Ended | Lost = Lost("nobody waited for its result", blame=False)
        try:
            for event in act.events:
                yield Happened(dict(event))
            for preview in act.previews if unit.previews else ():
                yield preview
            end = await self._played(worker, act, stop, kill)
        finally:
            for known in (self._stops, self._kills, self._overs):
                known.pop(unit.run, None)
            over.set()
            died = isinstance(end, Lost)
            restarts = self._infos[worker].restarts + died
            self._set(worker, state="idle", run=None, restarts=restarts, **({"resident": ()} if died else {}))
        yield end

    async def cancel(self, run: str, grace: float = GRACE) -> None:
        """See `Backend`."""
        if run in self._stops:
            self._stops[run].set()
            if not await self._wait(run, grace) and run in self._kills:
                self._kills[run].set()
                await self._wait(run, grace)

    async def ask(self, worker: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """See `Backend`."""
        if worker not in self._infos:
            raise WorkerError(f'there is no worker "{worker}" to be asked')
        resident = self._infos[worker].resident
        match request["ask"]:
            case "resident":
                return {"models": list(resident)}
            case "models":
                return {"models": [{"name": name} for name in resident]}
            case "memory":
                return {"rss": 0, "vram": 0}
            case "unload":
                self._set(worker, resident=())
                return {"freed": len(resident)}
            case "log":
                return {"lines": []}
        raise WorkerError(f'a worker cannot be asked for "{request["ask"]}"')

    async def preload(self, document: Mapping[str, Any]) -> None:
        """See `Backend`."""
        self.preloaded.append(document)

    async def _played(self, worker: str, act: Act, stop: asyncio.Event, kill: asyncio.Event) -> Ended | Lost:
        took = act.seconds
        for model in act.models:
            resident = self._infos[worker].resident
            if model not in resident:
                self.loads.append((worker, model))
                took += act.load
            kept = [*(m for m in resident if m != model), model][-self._slots :]
            self._set(worker, resident=tuple(kept))
        listened = [kill] if act.hang else [stop, kill]
        waits = [asyncio.ensure_future(one.wait()) for one in listened]
        done, left = await asyncio.wait(waits, timeout=took, return_when=asyncio.FIRST_COMPLETED)
        for one in left:
            one.cancel()
        if kill.is_set():
            return Lost("it was killed", blame=False)
        return Ended("cancelled", {"seconds": took}, []) if done else act.end

    async def _wait(self, run: str, timeout: float) -> bool:
        try:
            await asyncio.wait_for(self._overs[run].wait(), timeout)
        except TimeoutError:
            return False
        except KeyError:
            return True
        return True

    def _set(self, worker: str, **changes: Any) -> None:
        self._infos[worker] = replace(self._infos[worker], **changes)
        for changed in self._watchers:
            changed()


def _read(acts: deque[Act]) -> Callable[[Unit], Act]:
    return lambda unit: acts.popleft() if acts else Act()
