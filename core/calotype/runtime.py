"""What of the machine and its libraries changes numbers: a part of every key, known without importing torch."""

from __future__ import annotations

import platform
import sys
from collections.abc import Collection
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, distribution, version
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
    aside: tuple[str, ...] = ()
    storage: str = ""

    @classmethod
    def here(
        cls, device: str = "auto", dtype: str = "auto", aside: Collection[str] = (), storage: str = "auto"
    ) -> Runtime:
        """This machine's; "auto" is resolved without importing torch. aside, storage: see `Settings`; parts aside are
        of no account on a CPU.
        """
        where = probe_device() if device == "auto" else "cpu" if device.startswith("sim:") else device
        kind = where.split(":")[0]
        number = ("float16" if kind == "cuda" else "float32") if dtype == "auto" else dtype
        elsewhere = tuple(sorted(aside)) if kind != "cpu" else ()
        kept = "" if storage == "auto" else storage
        return cls(_version("calotype"), _version("torch"), _version("diffusers"), where, number, elsewhere, kept)

    @cached_property
    def fingerprint(self) -> bytes:
        """What enters every key: the device's kind, not its number; the version of the engine is not in it."""
        said = f"{self.torch}|{self.diffusers}|{self.device.split(':')[0]}|{self.dtype}"
        return "|".join((said, *self.aside, *([f"weights in {self.storage}"] if self.storage else ()))).encode()

    def to_dict(self) -> dict[str, Any]:
        """For the record of a run."""
        said = {name: value for name, value in asdict(self).items() if value or name not in ("aside", "storage")}
        if self.aside:
            said["aside"] = list(self.aside)
        return said | self._machine()

    @staticmethod
    def _machine() -> dict[str, Any]:
        return {"python": platform.python_version(), "machine": platform.machine()}


def probe_device() -> str:
    """The device that torch would use: "cuda", "mps" or "cpu"."""
    drivers = (Path("/dev/nvidia0"), Path("/dev/kfd"), Path(r"C:\Windows\System32\nvcuda.dll"))
    if "+cpu" not in _version("torch") and any(d.exists() for d in drivers):
        return "cuda"
    return "mps" if sys.platform == "darwin" and platform.machine() == "arm64" else "cpu"


def _version(package: str) -> str:
    """The version of an installed package, from the head of its metadata: parsing all of it takes ten times as long."""
    try:
        said = distribution(package).read_text("METADATA") or ""
    except PackageNotFoundError:
        return "none"
    head, _, _ = said.partition("\n\n")
    lines = (line.partition(": ") for line in head.splitlines())
    return next((value for name, _, value in lines if name == "Version"), None) or version(package)
