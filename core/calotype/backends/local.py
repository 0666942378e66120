"""Runs in this process, in a thread: for the command line and for tests. Nothing here can be killed."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

from calotype.backends.loops import tell
from calotype.backends.protocol import GRACE, Ended, Lost, Message, Unit, WorkerInfo
from calotype.backends.running import Runner
from calotype.crash import Crash
from calotype.errors import WorkerError
from calotype.services import Services
from calotype.settings import Settings

WORKER = "local"


class InProcess:
    """A backend of one worker, which is a thread of this process.

    Responsibilities: as every backend, but for what needs a process: a run that does not stop when it is asked to goes
    on, and `cancel` returns after the grace; a crash is everybody's.
    """

    def __init__(self, settings: Settings, crash: Crash | None = None) -> None:
        self._settings, self._crash = settings, crash
        self._open = ExitStack()
        self._runner: Runner | None = None
        self._run, self._cancel = "", threading.Event()
        self._over = asyncio.Event()
        self._over.set()
        self._stopped = False
        self._started = ""
        self._watchers: list[Callable[[], None]] = []

    async def start(self) -> None:
        """See `Backend`."""
        services = await asyncio.to_thread(self._open.enter_context, Services.open(self._settings))
        self._runner, self._started = (
            Runner(services, self._crash),
            datetime.now(UTC).isoformat(timespec="milliseconds"),
        )
        self._changed()

    async def stop(self, drain: float) -> None:
        """See `Backend`. What does not stop is left to itself."""
        self._stopped = True
        if not await self._wait(drain):
            self._cancel.set()
            await self._wait(GRACE)
        self._runner = None
        await asyncio.to_thread(self._open.close)

    def workers(self) -> list[WorkerInfo]:
        """See `Backend`."""
        state: Any = "starting" if self._runner is None else "busy" if self._run else "idle"
        memory = self._runner.memory() if self._runner else {"rss": 0, "vram": 0}
        resident = tuple(self._runner.resident()) if self._runner else ()
        run = self._run or None
        device = self._settings.device
        return [WorkerInfo(WORKER, device, state, os.getpid(), run, resident, started=self._started, **memory)]

    def watch(self, changed: Callable[[], None]) -> None:
        """See `Backend`."""
        self._watchers.append(changed)

    async def submit(self, worker: str, unit: Unit) -> AsyncIterator[Message]:
        """See `Backend`."""
        if worker != WORKER or self._runner is None or self._run or self._stopped:
            yield Lost(f"worker {worker} cannot take a run now", blame=False)
            return
        self._run, self._cancel = unit.run, threading.Event()
        self._over.clear()
        messages: asyncio.Queue[Message | None] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(None, self._work, self._runner, unit, _sender(loop, messages), self._cancel)
        try:
            while (message := await messages.get()) is not None:
                yield message
            ended = await work
        finally:
            self._cancel.set()  # also when nobody waits for the result any more
            self._run = ""
            self._over.set()
            self._changed()
        stopped = self._stopped and ended.status == "cancelled"
        yield Lost("the server ended", blame=False) if stopped else ended

    async def cancel(self, run: str, grace: float = GRACE) -> None:
        """See `Backend`."""
        if run == self._run:
            self._cancel.set()
            await self._wait(grace)

    async def ask(self, worker: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """See `Backend`."""
        if worker != WORKER or self._runner is None:
            raise WorkerError(f'there is no worker "{worker}" to be asked')
        match request["ask"]:
            case "resident":
                return {"models": self._runner.resident()}
            case "models":
                return {"models": self._runner.models()}
            case "memory":
                return dict(self._runner.memory())
            case "unload":
                return {"freed": await asyncio.to_thread(self._runner.unload)}
            case "log":
                return {"lines": []}
        raise WorkerError(f'a worker cannot be asked for "{request["ask"]}"')

    async def preload(self, document: Mapping[str, Any]) -> None:
        """See `Backend`."""
        if self._runner is None:
            raise WorkerError("the worker has not started")
        await asyncio.to_thread(self._runner.warm, document)

    @staticmethod
    def _work(runner: Runner, unit: Unit, send: Callable[[Message | None], None], cancel: threading.Event) -> Ended:
        try:
            return runner.run(unit, send, cancel)
        finally:
            send(None)

    async def _wait(self, timeout: float) -> bool:
        try:
            await asyncio.wait_for(self._over.wait(), timeout)
        except TimeoutError:
            return False
        return True

    def _changed(self) -> None:
        for changed in self._watchers:
            changed()


def _sender(
    loop: asyncio.AbstractEventLoop, messages: asyncio.Queue[Message | None]
) -> Callable[[Message | None], None]:
    """Puts messages of other threads into a queue of the loop."""

    def send(message: Message | None) -> None:
        tell(loop, messages.put_nowait, message)

    return send
