"""L1: loading a checkpoint over reading its bytes: CPU time, and anonymous memory, for a full-width single file.

Random fp16 weights (SD 1.5: 2.1 GB; SDXL: 6.9 GB) are written once in the original layout. Each run is a process of its
own: libraries are imported, the file is read raw, then denoiser, text encoder and VAE are loaded in the file's type.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from layouts import single_file
from report import record

ROWS = {"sd1": "L1", "sdxl": "L1-sdxl"}
BLOCK = 1 << 24


def measure(path: Path, family: str) -> dict[str, float]:
    """CPU seconds of a raw read and of loading, and the megabytes of anonymous memory that loading took."""
    import diffusers.models.autoencoders.autoencoder_kl
    import diffusers.models.unets.unet_2d_condition  # noqa: F401
    import torch
    import transformers.models.clip.modeling_clip  # noqa: F401

    from calotype.diffusion.loading import Shared, load
    from calotype.diffusion.sampling import parameterization  # noqa: F401
    from calotype.types import Clip, FileRef, Model, Vae

    read_raw(path)
    began = time.process_time()
    read_raw(path)
    raw, before = time.process_time() - began, anonymous()
    began, shared, file = time.process_time(), Shared(), FileRef("checkpoints", path.name)
    held = [
        load(kind(file, family), lambda _: path, torch.device("cpu"), "file", shared) for kind in (Model, Clip, Vae)
    ]
    spent = time.process_time() - began
    assert sum(t.nbytes for one in held for t in one.tensors()) > 2e9
    return {"raw": raw, "load": spent, "anonymous": anonymous() - before, "size": path.stat().st_size / 2**20}


def read_raw(path: Path) -> None:
    """Every byte, into one buffer that is used again."""
    buffer = bytearray(BLOCK)
    with path.open("rb", buffering=0) as file:
        while file.readinto(buffer):
            pass


def anonymous() -> float:
    """Megabytes of this process that no file backs (Linux)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("RssAnon"))


def main() -> None:
    """Measure in processes of their own and write the row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--family", choices=tuple(ROWS), default="sd1")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    said = parser.parse_args()
    if said.measure:
        print(json.dumps(measure(said.measure, said.family)))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "full.safetensors"
        single_file(path, said.family, "F16")
        command = [sys.executable, "-W", "ignore", __file__, "--measure", str(path), "--family", said.family]
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        runs = [
            json.loads(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)
            for _ in range(said.runs)
        ]
    ratio = statistics.median(run["load"] / run["raw"] for run in runs)
    share = statistics.median(run["anonymous"] / run["size"] for run in runs)
    details = {
        "file": f"{runs[0]['size']:.0f} MiB, fp16, single file, {said.family}",
        "raw read": f"{statistics.median(run['raw'] for run in runs):.3f} s CPU",
        "load": f"{statistics.median(run['load'] for run in runs):.3f} s CPU",
        "anonymous memory": f"{statistics.median(run['anonymous'] for run in runs):.1f} MiB",
    }
    figure = f"{ratio:.2f}x CPU, {share:.1%} anonymous"
    goal = "1.0x CPU, anonymous memory 5 % of the file"
    record(ROWS[said.family], "checkpoint load over a raw read", goal, figure, ratio <= 1 and share <= 0.05, details)


if __name__ == "__main__":
    main()
