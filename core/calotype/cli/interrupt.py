"""Stopping on request: the first ^C cancels the run within a step, the second one kills the process."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from calotype.cli.console import complain

CANCELLED = 130  # exit code, as shells have it


@contextmanager
def cancelling() -> Iterator[threading.Event]:
    """An event that is set when the user asks to stop. Only for the main thread; elsewhere it is never set."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    usual = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def ask(number: int, frame: FrameType | None) -> None:
        asked.set()
        signal.signal(number, signal.SIG_DFL)
        complain("stopping after this step; once more stops at once")

    for number in usual:
        signal.signal(number, ask)
    try:
        yield asked
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)
