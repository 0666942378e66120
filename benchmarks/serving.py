"""S1: from the start of `calotype serve` to its first answer: CPU time and memory of the server process.

The first start, which reads the plugins, is not counted; workers are processes of their own.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from report import record

TOKEN = "a-token-of-the-benchmark"
HEAVY = ("torch", "diffusers", "transformers", "PIL", "numpy", "calotype_nodes")
COMMAND = ("-m", "calotype.cli", "serve", "--port", "0")


def started(home: Path, *options: str) -> tuple[subprocess.Popen[str], str, str]:
    """A server, the line that it says, and the modules that it imported if it was asked to tell."""
    env = {**os.environ, "CALOTYPE_HOME": str(home), "CALOTYPE_TOKEN": TOKEN, "CALOTYPE_DEVICE": "cpu"}
    with (home / "said").open("w") as said:
        process = subprocess.Popen(
            [sys.executable, *options, *COMMAND], env=env, stdout=subprocess.PIPE, stderr=said, text=True
        )
    if process.stdout is None:
        raise RuntimeError("there is no output")
    line = process.stdout.readline()
    found = re.search(r"https?://[^/]+", line)
    if found is None:
        raise RuntimeError((home / "said").read_text())
    return process, found[0], line


def first_answer(home: Path) -> tuple[float, float, float]:
    """CPU seconds, wall seconds and MB of a server when it has answered for the first time."""
    began = time.perf_counter()
    process, url, _ = started(home)
    asked = urllib.request.Request(f"{url}/v1/nodes", headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(asked) as answer:
        answer.read()
    wall = time.perf_counter() - began
    cpu, memory = _spent(process.pid)
    _stop(process)
    return cpu, wall, memory


def _spent(pid: int) -> tuple[float, float]:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), pages * resource.getpagesize() / 1e6


def _stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(30)
    if process.stdout is not None:
        process.stdout.close()


def imported(home: Path) -> list[str]:
    """The heavy packages that the server process imports."""
    process, _, _ = started(home, "-X", "importtime")
    time.sleep(3)
    _stop(process)
    lines = (home / "said").read_text().splitlines()
    names = {line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")}
    return [name for name in HEAVY if name in names]


def main() -> None:
    """Measure and write the row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        first_answer(home)  # the catalogue of plugins is there for every start but the very first
        found = [first_answer(home) for _ in range(runs)]
        heavy = imported(home)
    cpu, wall, memory = (statistics.median(one) for one in zip(*found, strict=True))
    record("S1", "`calotype serve` to its first answer (the node catalogue)", "0.6 s CPU, 80 MB before torch",
           f"{cpu:.2f} s CPU, {memory:.0f} MB", cpu <= 0.6 and memory <= 80 and not heavy,
           {"wall": f"{wall:.2f} s", "all": ", ".join(f"{c:.2f}" for c, _, _ in found),
            "imports": f"{', '.join(heavy) or 'none'} of {', '.join(HEAVY)}"})  # fmt: skip


if __name__ == "__main__":
    main()
