"""Workers as processes of their own: watched, limited, replaced. This process imports no torch and no plugin."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from typing import Any

from calotype.backends.machine import devices, memory_limit, resident_of
from calotype.backends.protocol import GRACE, Lost, Message, Unit, WorkerInfo
from calotype.backends.slot import Slot
from calotype.errors import WorkerError
from calotype.settings import MIB, Settings

LOOK = 0.1  # seconds between two looks at the memory of the workers
SILENCE = 60.0  # seconds without a beat after which a busy worker is given up
GOODBYE = 5.0  # seconds in which an idle worker writes what waits for the disk


class Supervisor:
    """A backend of worker processes, one for each device, or as many as are asked for.

    Responsibilities: nothing that a worker does stops this process or another worker; one that dies, holds too much
    memory, is silent for long or does not stop when it is asked to is replaced.

    memory: bytes that one worker may hold, by default most of the machine's. silence: seconds. env: of the processes.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        workers: int | None = None,
        memory: int | None = None,
        silence: float = SILENCE,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self._settings, self._env = settings, dict(os.environ if env is None else env)
        self._devices = devices(settings, workers, self._env)
        self.memory = memory_limit() if memory is None else memory
        self._silence = silence
        self._slots: dict[str, Slot] = {}
        self._watchers: list[Callable[[], None]] = []
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """See `Backend`."""
        for number, device in enumerate(self._devices):
            id = f"worker-{number}"
            self._slots[id] = Slot(id, replace(self._settings, device=device), self._env, self._changed)
            self._slots[id].start()
        self._watching = asyncio.create_task(self._watch())

    async def stop(self, drain: float) -> None:
        """See `Backend`."""
        await asyncio.gather(*(slot.over(drain) for slot in self._slots.values()))
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        await asyncio.gather(*(slot.close(GOODBYE) for slot in self._slots.values()))

    def workers(self) -> list[WorkerInfo]:
        """See `Backend`."""
        return [slot.info() for slot in self._slots.values()]

    def watch(self, changed: Callable[[], None]) -> None:
        """See `Backend`."""
        self._watchers.append(changed)

    async def submit(self, worker: str, unit: Unit) -> AsyncIterator[Message]:
        """See `Backend`."""
        slot = self._slots.get(worker)
        if slot is None:
            yield Lost(f'there is no worker "{worker}"', blame=False)
            return
        async for message in slot.submit(unit):
            yield message

    async def cancel(self, run: str, grace: float = GRACE) -> None:
        """See `Backend`."""
        for slot in self._slots.values():
            if slot.run == run:
                await slot.cancel(grace)

    async def ask(self, worker: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """See `Backend`."""
        slot = self._slots.get(worker)
        if slot is None:
            raise WorkerError(f'there is no worker "{worker}"; there are {", ".join(self._slots) or "none"}')
        if request["ask"] == "log":
            return {"lines": slot.ring.lines()}
        answer = await slot.ask({"do": "ask", "ask": request["ask"]})
        return {name: value for name, value in answer.items() if name not in ("is", "id")}

    async def preload(self, document: Mapping[str, Any]) -> None:
        """See `Backend`."""
        await asyncio.gather(*(slot.warm(document) for slot in self._slots.values()))

    def _changed(self) -> None:
        for changed in self._watchers:
            changed()

    async def _watch(self) -> None:
        """Look at every worker's memory and at whether it lives."""
        while True:
            await asyncio.sleep(LOOK)
            for slot in self._slots.values():
                if slot.pid is not None:
                    self._check(slot, slot.pid)

    def _check(self, slot: Slot, pid: int) -> None:
        rss = resident_of(pid)
        slot.rss = slot.rss if rss is None else rss
        if self.memory is not None and slot.rss > self.memory:
            said = f"{slot.rss // MIB} MiB, more than the {self.memory // MIB} MiB that a worker may hold"
            slot.kill(f"memory: it held {said}", blame=True)
        elif slot.state == "busy" and time.monotonic() - slot.heard > self._silence:
            slot.kill(f"it was silent for {self._silence:g} seconds", blame=True)
