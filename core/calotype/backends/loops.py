"""From other threads into an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any


def tell(loop: asyncio.AbstractEventLoop, what: Callable[..., object], *args: Any) -> None:
    """Call something in a loop soon. Where the loop has ended nobody is left to be told, and nothing happens."""
    with suppress(RuntimeError):  # that of a closed loop: there is no asking beforehand that would not be too early
        loop.call_soon_threadsafe(what, *args)
