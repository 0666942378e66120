"""S2, C1: a run whose results are stored, in a new process, against the first run; and what reading one result costs.

Whole processes of the command line, CPU time of the child, on the shipped workflow and model.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from calotype.store import Store, Stored
from calotype.types import Image, Latent
from report import record

WORKFLOW = Path(__file__).parents[1] / "workflows" / "text_to_image.json"
HEAVY = ("torch", "diffusers", "transformers", "PIL", "numpy")


def run(home: Path, *options: str) -> tuple[float, str]:
    """CPU seconds of one `calotype run`, and what it said on standard error."""
    command = [sys.executable, *options, "-m", "calotype.cli", "run", str(WORKFLOW), "-o", str(home / "out"), "--quiet"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        command, env={**os.environ, "CALOTYPE_HOME": str(home)}, capture_output=True, text=True, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, done.stderr


def imported(home: Path) -> list[str]:
    """The heavy packages that a run with everything stored imports."""
    _, said = run(home, "-X", "importtime")
    names = {line.rpartition("|")[2].strip() for line in said.splitlines() if line.startswith("import time:")}
    return [name for name in HEAVY if name in names]


def read_back(value: Latent | Image, runs: int) -> float:
    """Milliseconds from a key to the tensors, in a store that was opened anew for each; wall time, median."""
    with tempfile.TemporaryDirectory() as folder:
        first = Store(Path(folder), disk_seconds=0)
        first.put("ab" * 20, Stored({"value": value}, 1.0, "node", "Type"))
        first.close()
        return statistics.median(_timed(lambda: _read(Path(folder))) for _ in range(runs)) * 1000


def _read(folder: Path) -> None:
    store = Store(folder)
    stored = store.get("ab" * 20)
    if stored is None:
        raise RuntimeError("the result is not in the store")
    for tensor in stored.value("value").to_tensors()[0].values():
        tensor.sum()
    store.close()


def _timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    """Measure and write the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    import torch

    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        run(home)  # the plugins' catalogue and the hashes of files are there for every run but the very first
        firsts = []
        for i in range(3):
            fresh = home / "store"
            fresh.rename(home / f"old{i}")
            firsts.append(run(home)[0])
        again = [run(home)[0] for _ in range(runs)]
        heavy = imported(home)
    first, stored = statistics.median(firsts), statistics.median(again)
    latent = read_back(Latent(torch.randn(1, 4, 128, 128)), runs)
    picture = read_back(Image(torch.rand(1, 1024, 1024, 3)), runs)
    record("S2", "`calotype run` with everything stored", "0.5 s CPU, torch never imported",
           f"{stored:.2f} s, imports {', '.join(heavy) or 'none'} of {', '.join(HEAVY)}",
           stored <= 0.5 and not heavy, {"all": ", ".join(f"{s:.2f}" for s in again)})  # fmt: skip
    met = stored / first <= 0.05 and latent <= 2 and picture <= 20
    goal = "0.05; a latent in 2 ms, a 1024 px picture in 20 ms"
    record("C1", "same workflow after a restart, over the first run", goal,
           f"{stored / first:.3f}; {latent:.2f} ms; {picture:.1f} ms", met,
           {"first run": f"{first:.2f} s CPU, 128 px, shipped model", "again": f"{stored:.2f} s CPU"})  # fmt: skip


if __name__ == "__main__":
    main()
