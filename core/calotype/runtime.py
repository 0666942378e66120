"""What of the machine and its libraries changes numbers: a part of every key, known without importing torch."""

from __future__ import annotations

import platform
import sys
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Runtime:
    """Versions, device and number format of a run. Equal runtimes give equal numbers, as far as torch promises it."""

    calotype: str
    torch: str
    diffusers: str
    device: str
    dtype: str

    @classmethod
    def here(cls, device: str = "auto", dtype: str = "auto") -> Runtime:
        """This machine's; "auto" is resolved without importing torch."""
        where = probe_device() if device == "auto" else device
        kind = where.split(":")[0]
        number = ("float16" if kind == "cuda" else "float32") if dtype == "auto" else dtype
        return cls(_version("calotype"), _version("torch"), _version("diffusers"), where, number)

    @cached_property
    def fingerprint(self) -> bytes:
        """What enters every key: the device's kind, not its number; the version of the engine is not in it."""
        return f"{self.torch}|{self.diffusers}|{self.device.split(':')[0]}|{self.dtype}".encode()

    def to_dict(self) -> dict[str, Any]:
        """For the record of a run."""
        return asdict(self) | {"python": platform.python_version(), "machine": platform.machine()}


def probe_device() -> str:
    """The device that torch would use: "cuda", "mps" or "cpu"."""
    drivers = (Path("/dev/nvidia0"), Path("/dev/kfd"), Path(r"C:\Windows\System32\nvcuda.dll"))
    if "+cpu" not in _version("torch") and any(d.exists() for d in drivers):
        return "cuda"
    return "mps" if sys.platform == "darwin" and platform.machine() == "arm64" else "cpu"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"
