"""What of the machine decides how many workers there are and how much each may hold; read without importing torch."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from calotype.runtime import probe_device
from calotype.settings import Settings

SHARE = 0.9  # of the machine's memory that one worker may hold
NVIDIA = Path("/proc/driver/nvidia/gpus")


def devices(settings: Settings, workers: int | None = None, env: Mapping[str, str] | None = None) -> list[str]:
    """The device of each worker: one worker for each, or as many as are asked for, in turns."""
    env = os.environ if env is None else env
    said = probe_device() if settings.device == "auto" else settings.device
    found = [f"cuda:{i}" for i in range(_gpus(env))] if said == "cuda" else [said]
    return [found[i % len(found)] for i in range(len(found) if workers is None else workers)]


def _gpus(env: Mapping[str, str]) -> int:
    visible = env.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return max(1, len([one for one in visible.split(",") if one.strip()]))
    return max(1, len(list(NVIDIA.iterdir())) if NVIDIA.is_dir() else 1)


def memory_limit() -> int | None:
    """Bytes that one worker may hold; None where the machine does not tell what it has."""
    try:
        return int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * SHARE)
    except (AttributeError, ValueError, OSError):
        return None


def resident_of(pid: int) -> int | None:
    """Bytes that another process has resident; None where the system does not tell, or it is gone."""
    if sys.platform != "linux":
        return None
    try:
        return int(Path(f"/proc/{pid}/statm").read_bytes().split(b" ", 2)[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None
