"""How the server stands: whether it is ready, and what it counted."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class State:
    """Responsibilities: say why the server is not ready yet; count requests by status; know the
    streams of events that are open.

    waiting: what is still to be done before the server is ready; empty when it is. seconds: all requests took until
    their answers began. began: on the monotonic clock.
    """

    waiting: str = "starting"
    answered: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0
    streams: set[asyncio.Task[Any]] = field(default_factory=set)
    began: float = field(default_factory=time.monotonic)

    @property
    def readers(self) -> int:
        """How many event streams are open."""
        return len(self.streams)

    @property
    def ready(self) -> bool:
        """Whether runs are taken and carried out."""
        return not self.waiting
