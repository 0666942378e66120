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


class Meter:
    """Measures one node: bytes before, at the peak, after. The peak is exact when it is the highest of the process so
    far; otherwise it is the larger of before and after.
    """

    __slots__ = ("_before", "_cuda", "_peak", "_vram")

    def __init__(self) -> None:
        self._before, self._peak = resident(), high_water()
        self._cuda = _cuda()
        if self._cuda is not None:
            self._cuda.reset_peak_memory_stats()
            self._vram = self._cuda.memory_allocated()

    def rss(self) -> tuple[int, int, int]:
        """(before, peak, after) of the process."""
        after, peak = resident(), high_water()
        return self._before, peak if peak > self._peak else max(self._before, after), after

    def vram(self) -> tuple[int, int, int] | None:
        """(before, peak, after) of the CUDA device in use, or None."""
        if self._cuda is None:
            return None
        return self._vram, self._cuda.max_memory_allocated(), self._cuda.memory_allocated()


def _cuda() -> Any:
    torch = sys.modules.get("torch")
    return torch.cuda if torch is not None and torch.cuda.is_initialized() else None
