"""How much memory the process and its device hold, read cheaply."""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import Any


@cache
def _statm() -> tuple[int, int] | None:
    """A descriptor that stays open, and the size of a page; None where there is no /proc."""
    try:
        return os.open("/proc/self/statm", os.O_RDONLY), os.sysconf("SC_PAGE_SIZE")
    except (OSError, AttributeError, ValueError):
        return None


def resident() -> int:
    """Resident bytes of this process, 0 where the system does not tell."""
    opened = _statm()
    if opened is None:
        return 0
    return int(os.pread(opened[0], 64, 0).split(b" ", 2)[1]) * opened[1]


def high_water() -> int:
    """The most bytes this process ever had resident, 0 where the system does not tell."""
    if sys.platform == "win32":
        return 0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


Bytes = tuple[int, int, int]  # before, at the peak, after


class Meter:
    """Measures node after node: what one leaves is what the next finds, so a reading is taken once a node, after it.

    The peak is exact when it is the highest of the process so far; otherwise it is the larger of before and after.
    """

    __slots__ = ("_peak", "_rss", "_vram")

    def __init__(self) -> None:
        self._rss, self._peak = resident(), high_water()
        self._vram = 0

    def rss(self) -> Bytes:
        """Of the process, since the last reading."""
        before, highest = self._rss, self._peak
        self._rss, self._peak = resident(), high_water()
        return before, self._peak if self._peak > highest else max(before, self._rss), self._rss

    def vram(self) -> Bytes | None:
        """Of the CUDA device in use, since the last reading; None without one."""
        cuda = _cuda()
        if cuda is None:
            return None
        before, peak = self._vram, cuda.max_memory_allocated()
        self._vram = cuda.memory_allocated()
        cuda.reset_peak_memory_stats()
        return before, peak, self._vram


def _cuda() -> Any:
    torch = sys.modules.get("torch")
    return torch.cuda if torch is not None and torch.cuda.is_initialized() else None
