"""One place for a worker: a process, and after its death the next one."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from calotype.backends.child import Child, ended_by
from calotype.backends.loops import tell
from calotype.backends.protocol import Ended, Happened, Lost, Message, Preview, Unit, WorkerInfo, WorkerState
from calotype.backends.ring import Ring
from calotype.backends.wire import settings_to_dict
from calotype.crash import VARIABLE
from calotype.errors import WorkerError
from calotype.host import SECRET
from calotype.settings import Settings

PREVIEWS = 8  # pictures that wait for the reader; older ones are dropped
SOONEST, SLOWEST = 0.1, 10.0  # seconds until one that died while it started is replaced, more each time
ANSWER = 10.0  # seconds in which a worker answers a question
ASIDE = 0.05  # seconds in which a hung worker prints where it hangs


class Slot:
    """Responsibilities: keep a worker process alive under one id; give it one unit at a time; know what it holds.

    Belongs to one event loop. changed: called when the state changes.
    """

    def __init__(self, id: str, settings: Settings, env: Mapping[str, str], changed: Callable[[], None]) -> None:
        self.id, self.settings = id, settings
        self.state: WorkerState = "dead"
        self.resident: tuple[str, ...] = ()
        self.rss = self.vram = self.restarts = 0
        self.run = ""
        self.heard = time.monotonic()  # when it last said anything
        self.ring = Ring([value for name, value in env.items() if name.startswith(SECRET)])
        self.ready = asyncio.Event()
        self._env, self._changed = env, changed
        self._loop = asyncio.get_running_loop()
        self._child: Child | None = None
        self._started, self._early = "", 0
        self._messages: asyncio.Queue[Message] = asyncio.Queue()
        self._over = asyncio.Event()  # nothing runs
        self._over.set()
        self._why: tuple[str, bool] | None = None  # why we killed it, and whether the run is to blame
        self._questions: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._numbers = itertools.count()
        self._closing = False

    @property
    def pid(self) -> int | None:
        """Of the process that is alive."""
        return self._child.pid if self._child is not None else None

    def info(self) -> WorkerInfo:
        """As it stands."""
        return WorkerInfo(
            id=self.id,
            device=self.settings.device,
            state=self.state,
            pid=self.pid,
            run=self.run or None,
            resident=self.resident,
            rss=self.rss,
            vram=self.vram,
            started=self._started,
            restarts=self.restarts,
        )

    def start(self) -> None:
        """Start a process."""
        env = dict(self._env)
        if self.restarts:
            env.pop(VARIABLE, None)  # a named crash happens once
        self._why, self.resident, self.rss, self.vram = None, (), 0, 0
        self.heard, self._started = time.monotonic(), datetime.now(UTC).isoformat(timespec="milliseconds")
        number = self.restarts
        self._child = Child(
            env,
            lambda frame: tell(self._loop, self._frame, number, frame),
            lambda line: self.ring.add(self.run, line),
            lambda code: tell(self._loop, self._died, number, code),
        )
        self._set("starting")
        self._child.send({"settings": settings_to_dict(self.settings)})

    async def submit(self, unit: Unit) -> AsyncIterator[Message]:
        """Run a unit; see `Backend.submit`."""
        if self.state != "idle" or self._child is None:
            yield Lost(f"worker {self.id} is {self.state}", blame=False)
            return
        self.run, self._messages = unit.run, asyncio.Queue()
        self._over.clear()
        self._set("busy")
        child, messages = self._child, self._messages
        await asyncio.to_thread(child.send, {"do": "run", "unit": unit.to_dict()})
        ended = False
        try:
            while not ended:
                message = await messages.get()
                ended = isinstance(message, (Ended, Lost))
                yield message
        finally:
            if not ended and self._child is child and self.run == unit.run:
                self.kill("nobody waited for its result", blame=False)

    async def cancel(self, grace: float) -> None:
        """Ask what runs to stop, and kill it when it does not."""
        child = self._child
        if child is None or self._over.is_set():
            return
        run = self.run
        told = asyncio.ensure_future(asyncio.to_thread(child.send, {"do": "cancel", "run": run}))
        if not await self.over(grace) and self.run == run:
            child.ask_where()
            if not await self.over(ASIDE) and self.run == run:
                self.kill(f"it did not stop within {grace:g} seconds of being asked to", blame=False)
                await self._over.wait()
        await told

    async def over(self, timeout: float) -> bool:
        """Wait until nothing runs; whether that was in time."""
        try:
            await asyncio.wait_for(self._over.wait(), timeout)
        except TimeoutError:
            return False
        return True

    async def ask(self, said: Mapping[str, Any], timeout: float | None = ANSWER) -> dict[str, Any]:
        """Put a question. Raises WorkerError when there is nobody to answer, or no answer in time."""
        if self._child is None or self.state not in ("idle", "busy"):
            raise WorkerError(f"worker {self.id} is {self.state}, and cannot be asked")
        number = next(self._numbers)
        self._questions[number] = self._loop.create_future()
        try:
            await asyncio.to_thread(self._child.send, {**said, "id": number})
            answer = await asyncio.wait_for(self._questions[number], timeout)
        except TimeoutError:
            raise WorkerError(f"worker {self.id} did not answer within {timeout:g} seconds") from None
        finally:
            self._questions.pop(number, None)
        if answer.get("error"):
            raise WorkerError(str(answer["error"]["message"]))
        return answer

    async def warm(self, workflow: Mapping[str, Any]) -> None:
        """Have it import and load what a document needs. Raises WorkerError."""
        await self.ready.wait()
        await self._over.wait()
        self._over.clear()
        self._set("busy")
        try:
            await self.ask({"do": "warm", "workflow": workflow}, None)
        finally:
            if self.state == "busy" and not self.run:
                self._set("idle")
            self._over.set()

    def kill(self, reason: str, *, blame: bool) -> None:
        """End the process at once; another takes its place."""
        if self._child is not None and self._why is None:
            self._why = (reason, blame)
            self._child.kill()

    async def close(self, timeout: float) -> None:
        """End the process for good, gently where it is idle: it writes what waits for the disk."""
        self._closing = True
        child = self._child
        if child is None:
            return
        if self.state == "idle" and child.send({"do": "stop"}):
            await asyncio.to_thread(child.join, timeout)
        self.kill("the server ended", blame=False)
        await asyncio.to_thread(child.join, timeout)
        await asyncio.sleep(0)  # what its threads have said is heard

    def _frame(self, number: int, frame: dict[str, Any] | Preview) -> None:
        if number != self.restarts or self._child is None:
            return
        self.heard = time.monotonic()
        if isinstance(frame, Preview):
            if self._messages.qsize() < PREVIEWS:
                self._messages.put_nowait(frame)
            return
        if "resident" in frame:
            self.resident, self.rss, self.vram = tuple(frame["resident"]), frame["rss"], frame["vram"]
        match frame["is"]:
            case "event":
                self._messages.put_nowait(Happened(frame["event"]))
            case "ended":
                self._end(self._ended(frame))
                self._set("idle")
            case "ready":
                self.ready.set()
                self._set("idle")
            case "answer" if frame["id"] in self._questions and not self._questions[frame["id"]].done():
                self._questions[frame["id"]].set_result(frame)

    def _ended(self, frame: Mapping[str, Any]) -> Ended:
        error, output = frame["error"], self.ring.of(self.run)
        if error is not None and output:
            error = {**error, "output": output}
        return Ended(frame["status"], frame["record"], frame["files"], error)

    def _died(self, number: int, code: int) -> None:
        if number != self.restarts or self._child is None:
            return
        reason, blame = self._why or (f"its worker died: {ended_by(code)}", True)
        self._child = None
        self._early = 0 if self.ready.is_set() else self._early + 1
        self.ready.clear()
        for question in self._questions.values():
            if not question.done():
                question.set_exception(WorkerError(f"worker {self.id} went: {ended_by(code)}"))
        if self.run:
            self._end(Lost(reason, blame, self.ring.of(self.run)))
        self._set("dead")
        self._replace()

    def _end(self, message: Message) -> None:
        self.run = ""
        self._messages.put_nowait(message)
        self._over.set()

    def _replace(self) -> None:
        """Start the next process: at once, unless this one died before it was ready."""
        if self._closing:
            return
        self.restarts += 1
        if self._early:
            self._loop.call_later(min(SOONEST * 2**self._early, SLOWEST), self._again)
        else:
            self._again()

    def _again(self) -> None:
        if not self._closing and self._child is None:
            self.start()

    def _set(self, state: WorkerState) -> None:
        self.state = state
        self._changed()
