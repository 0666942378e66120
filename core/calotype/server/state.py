"""How the server stands: whether it is ready, and what it counted."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class State:
    """Responsibilities: say why the server is not ready yet; count requests by status, and readers of events.

    waiting: what is still to be done before the server is ready; empty when it is. seconds: all requests took until
    their answers began. began: on the monotonic clock.
    """

    waiting: str = "starting"
    answered: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0
    readers: int = 0
    began: float = field(default_factory=time.monotonic)

    @property
    def ready(self) -> bool:
        """Whether runs are taken and carried out."""
        return not self.waiting
