"""A disk that refuses what it is told to refuse, under every process of a server: see `faulty.c`."""

from __future__ import annotations

import mmap
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

SOURCE = Path(__file__).with_name("faulty.c")
INTS = struct.Struct("4i")
ALWAYS = 1_000_000


class Disk:
    """Responsibilities: build the library that is preloaded; arm and disarm it while the server runs."""

    def __init__(self, place: Path, root: Path, compiler: str) -> None:
        library, control = place / "faulty.so", place / "control"
        subprocess.run([compiler, "-shared", "-fPIC", "-o", library, SOURCE, "-ldl"], check=True)
        control.write_bytes(bytes(INTS.size))
        self.env = {"LD_PRELOAD": str(library), "FAULTS_CONTROL": str(control), "FAULTS_ROOT": str(root)}
        self._file = control.open("r+b")
        self._shared = mmap.mmap(self._file.fileno(), INTS.size)

    def refuse(self, first: int, error: int, count: int = ALWAYS) -> None:
        """From the `first` write on (1: the next one), refuse so many with an errno."""
        self._shared[:] = INTS.pack(0, count, error, 0)
        self._shared[:4] = struct.pack("i", first)

    def mend(self) -> int:
        """Refuse nothing any more; how many were refused."""
        found: int = INTS.unpack(self._shared[:])[3]
        self._shared[:4] = struct.pack("i", 0)
        return found

    def counted(self, deed: Callable[[], object]) -> int:
        """How many writes something takes."""
        self.refuse(ALWAYS, 0)
        deed()
        left: int = INTS.unpack(self._shared[:])[0]
        self.mend()
        return ALWAYS - left

    def close(self) -> None:
        self._shared.close()
        self._file.close()
