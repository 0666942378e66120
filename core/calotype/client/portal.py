"""An event loop in a thread of its own, for who has none."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class Portal:
    """Responsibilities: carry out coroutines for other threads; whoever is interrupted while waiting cancels his."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="calotype client", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The outcome of a coroutine."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            self._cancelled(future)
            raise

    def iterate(self, stream: AsyncIterator[T]) -> Iterator[T]:
        """What an asynchronous iterator yields; it is closed with this one."""
        try:
            while (one := self.run(_next(stream))) is not None:
                yield one[0]
        finally:
            self.run(_close(stream))

    def close(self) -> None:
        """End the loop and its thread."""
        if self._loop.is_closed():
            return
        self.run(self._loop.shutdown_asyncgens())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _cancelled(self, future: Future[Any]) -> None:
        """Cancel, and wait until what is to be done at the end is done."""
        if future.done():
            return
        done = threading.Event()
        future.add_done_callback(lambda _: done.set())
        future.cancel()
        done.wait(10)


async def _next(stream: AsyncIterator[T]) -> tuple[T] | None:
    """The next one; None at the end."""
    try:
        return (await anext(stream),)
    except StopAsyncIteration:
        return None


async def _close(stream: AsyncIterator[Any]) -> None:
    await stream.aclose()  # type: ignore[attr-defined]
