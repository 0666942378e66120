"""What this process holds of the machine's memory."""

from __future__ import annotations

import mmap
import sys
from pathlib import Path


def resident() -> int:
    """Bytes of main memory, now; where the system does not say, the most there ever was, or 0."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * mmap.PAGESIZE
    except (OSError, ValueError, IndexError):
        if sys.platform == "win32":
            return 0
        import resource

        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024
