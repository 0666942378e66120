"""What this process holds of the machine's memory."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

PAGE = resource.getpagesize()


def resident() -> int:
    """Bytes of main memory, now; where the system does not say, the most there ever was."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE
    except (OSError, ValueError, IndexError):
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024
