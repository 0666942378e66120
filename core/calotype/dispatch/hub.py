"""Who wants to hear of runs: stored events and, live, previews; bounded for every reader, whatever it does."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from calotype.backends.loops import tell
from calotype.crash import Crash
from calotype.runs import ENDED, Runs

EVENTS, PREVIEWS = 1_000, 4  # that wait for one reader; more are read from the log, or dropped
PAGE = 500


@dataclass(frozen=True, slots=True)
class Preview:
    """A picture of a step of a run, as a JPEG; it has no number and is stored nowhere."""

    run: str
    node: str
    done: int
    total: int
    jpeg: bytes = field(repr=False)


Frame = dict[str, Any] | Preview
Told = tuple[str, dict[str, Any]]


class Hub:
    """Responsibilities: replay the log of one run or of all, then go on live without a gap or a repetition; a reader
    that is slow loses previews, and is served from the log again, so that nobody's memory grows.

    buffer: events that wait for one reader in memory. Belongs to one event loop; events may come from any thread.
    """

    def __init__(self, runs: Runs, crash: Crash | None = None, buffer: int = EVENTS) -> None:
        self._runs = runs
        self._loop = asyncio.get_running_loop()
        self._readers: set[_Reader] = set()
        self._crash = crash or Crash()
        self._buffer = buffer
        runs.listen(self._told)

    @property
    def readers(self) -> int:
        """How many listen now."""
        return len(self._readers)

    def preview(self, client: str, preview: Preview) -> None:
        """Show a picture to those who listen now. In the loop."""
        for reader in self._readers:
            reader.show(client, preview)

    async def subscribe(
        self, run: str | None = None, *, after: int = 0, client: str | None = None, previews: bool = True
    ) -> AsyncIterator[Frame]:
        """Every event of a run after number `after`, ending with RunEnded; or, without a run, of all runs for ever.

        after: `seq` of one run, `n` of all; below 0 for what is new only. client: only the runs of that client.
        """
        reader = _Reader(run, client, previews, self._buffer)
        self._readers.add(reader)
        try:
            cursor = await self._now(run) if after < 0 else after
            over = False
            while not over:
                over = run is not None and await self._over(run)
                for frame in await self._missed(reader, cursor):
                    cursor, over = frame[reader.number], False
                    self._crash.at("event.sent")
                    yield frame
                    if run is not None and frame["event"] == "RunEnded":
                        return
                while not over and (live := await reader.next()) is not None:
                    if isinstance(live, dict):
                        if live[reader.number] <= cursor:
                            continue  # it stood in the log already
                        cursor = live[reader.number]
                    self._crash.at("event.sent")
                    yield live
                    if run is not None and isinstance(live, dict) and live["event"] == "RunEnded":
                        return
        finally:
            self._readers.discard(reader)

    async def _missed(self, reader: _Reader, cursor: int) -> list[dict[str, Any]]:
        """What the log has after the cursor; when that is all of it, the reader goes on live from there."""
        page = await asyncio.to_thread(self._page, reader, cursor)
        if len(page) < PAGE:
            reader.behind = False  # what is told from now on waits in memory; what came meanwhile is read once more
            page += await asyncio.to_thread(self._page, reader, page[-1][reader.number] if page else cursor)
            if len(page) >= PAGE:
                reader.lag()
        return page

    def _page(self, reader: _Reader, cursor: int) -> list[dict[str, Any]]:
        if reader.run is None:
            return self._runs.feed(cursor, PAGE, reader.client)
        return self._runs.events(reader.run, cursor, PAGE)

    async def _over(self, run: str) -> bool:
        """Whether nothing will follow: the run has ended, all was read, or there never was one."""
        now = await asyncio.to_thread(self._runs.get, run)
        return now is None or now.state in ENDED

    async def _now(self, run: str | None) -> int:
        if run is None:
            return await asyncio.to_thread(self._runs.newest)
        found = await asyncio.to_thread(self._runs.get, run)
        return found.last_seq if found else 0

    def _told(self, told: Sequence[Told]) -> None:
        tell(self._loop, self._hand_out, list(told))

    def _hand_out(self, told: Sequence[Told]) -> None:
        for reader in self._readers:
            for client, event in told:
                reader.put(client, event)


class _Reader:
    """One who listens. behind: it is served from the log, so that nothing waits for it in memory."""

    def __init__(self, run: str | None, client: str | None, previews: bool, buffer: int = EVENTS) -> None:
        self.run, self.client = run, client
        self.number = "n" if run is None else "seq"
        self.behind = True
        self._previews, self._buffer = previews, buffer
        self._events: deque[dict[str, Any]] = deque()
        self._shown: deque[Preview] = deque(maxlen=PREVIEWS)
        self._news = asyncio.Event()

    def put(self, client: str, event: dict[str, Any]) -> None:
        """An event happened."""
        if self.behind or not self._wanted(client, event["run"]):
            return
        if len(self._events) >= self._buffer:
            self.lag()
        else:
            self._events.append(event)
        self._news.set()

    def lag(self) -> None:
        """Hold nothing in memory: the log has it."""
        self.behind = True
        self._events.clear()
        self._shown.clear()

    def show(self, client: str, preview: Preview) -> None:
        """A picture is there."""
        if self._previews and not self.behind and self._wanted(client, preview.run):
            self._shown.append(preview)
            self._news.set()

    async def next(self) -> Frame | None:
        """What comes next, events before pictures; None when this reader fell behind."""
        while not self.behind:
            if self._events:
                return self._events.popleft()
            if self._shown:
                return self._shown.popleft()
            self._news.clear()
            await self._news.wait()
        return None

    def _wanted(self, client: str, run: str) -> bool:
        return (self.run is None or self.run == run) and (self.client is None or self.client == client)
