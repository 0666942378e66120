"""What of the machine and its libraries changes numbers: a part of every key, known without importing torch."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Collection
from dataclasses import asdict, dataclass
from functools import cached_property
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
        return cls(version_of("calotype"), version_of("torch"), version_of("diffusers"), where, number, elsewhere, kept)

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
    if "+cpu" not in version_of("torch") and any(d.exists() for d in drivers):
        return "cuda"
    return "mps" if sys.platform == "darwin" and platform.machine() == "arm64" else "cpu"


def version_of(package: str) -> str:
    """The version of an installed package; "none" where there is none.

    Read from the metadata that Python finds first: importing `importlib.metadata` takes longer than planning a run.
    """
    for folder in dict.fromkeys(sys.path):
        try:
            names = os.listdir(folder or ".")  # noqa: PTH208  Path.iterdir makes an object of each of hundreds
        except OSError:
            continue  # the import system passes over such entries as well
        for name in names:
            if name.startswith(f"{package}-") and name.endswith(".dist-info"):
                return _noted(Path(folder, name, "METADATA")) or _elsewhere(package)
    return _elsewhere(package)


def _noted(metadata: Path) -> str:
    """The version in a metadata file; "" where it cannot be read."""
    try:
        head, _, _ = metadata.read_text("utf-8", "replace").partition("\n\n")
    except OSError:
        return ""
    lines = (line.partition(": ") for line in head.splitlines())
    return next((value for name, _, value in lines if name == "Version"), "")


def _elsewhere(package: str) -> str:
    """The version of a package that is installed otherwise than pip does it today."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package) or "none"  # none where its metadata is broken
    except PackageNotFoundError:
        return "none"
