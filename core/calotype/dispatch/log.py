"""A run's events on their way to the log: written in batches, at most so often, none lost on the way."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any

from calotype.errors import LeaseLost, StoreError
from calotype.runs import Lease, Runs

MOST = 2_000  # events that wait; whoever brings more waits for the disk
_log = logging.getLogger(__name__)


class Log:
    """Responsibilities: the first event at once, later ones at most every `every` seconds; of the progress of one node
    only the newest in each batch; when the disk refuses, they are kept and tried again.
    """

    def __init__(self, runs: Runs, lease: Lease, every: float) -> None:
        self._runs, self._lease, self._every = runs, lease, every
        self._waiting: list[dict[str, Any]] = []
        self._writing = asyncio.Lock()
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def add(self, event: dict[str, Any]) -> None:
        """Write an event soon."""
        last = self._waiting[-1] if self._waiting else None
        progress = event.get("event") == "NodeProgress"
        if progress and last and last.get("event") == "NodeProgress" and last.get("node") == event.get("node"):
            self._waiting[-1] = event
        else:
            self._waiting.append(event)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._write_soon())
        if len(self._waiting) > MOST:
            await self._write()

    async def close(self) -> None:
        """Write what waits, as far as the disk takes it. What is being written is written first."""
        self._closing.set()
        if self._task is not None:
            await self._task
        await self._write()

    async def _write_soon(self) -> None:
        while self._waiting and not self._closing.is_set():
            await self._write()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), self._every)

    async def _write(self) -> None:
        async with self._writing:
            batch, self._waiting = self._waiting, []
            if not batch:
                return
            try:
                await asyncio.to_thread(self._runs.append, self._lease, batch)
            except StoreError as error:
                _log.warning("events of run %s wait: %s", self._lease.run, error)
                self._waiting = [*batch, *self._waiting][-MOST:]
            except LeaseLost as error:
                _log.warning("%s", error)
