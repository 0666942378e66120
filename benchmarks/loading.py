"""L1: loading a checkpoint over reading its bytes: CPU time, and anonymous memory, for a full-width SD 1.5 single file.

Random fp16 weights (2.1 GB) are written once in the original layout. Each run is a process of its own: libraries are
imported, the file is read raw, then denoiser, text encoder and VAE are loaded in the file's type.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from math import prod
from pathlib import Path

from report import record

SHAPES = Path(__file__).parents[1] / "tests" / "diffusion" / "conftest.py"
BLOCK = 1 << 24


def write_checkpoint(path: Path) -> None:
    """A full-width SD 1.5 checkpoint of random bytes; only sizes matter here."""
    spec = importlib.util.spec_from_file_location("shapes", SHAPES)
    shapes = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(shapes)
    unet = shapes.unet_shapes((320, 640, 1280, 1280), 768)
    every = (
        shapes.under("model.diffusion_model", unet)
        | shapes.under("cond_stage_model.transformer", shapes.clip_shapes(768, 12))
        | shapes.under("first_stage_model", shapes.vae_shapes((128, 256, 512, 512)))
    )
    header, end = {}, 0
    for name, shape in every.items():
        begin, end = end, end + 2 * prod(shape)
        header[name] = {"dtype": "F16", "shape": list(shape), "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    block = os.urandom(BLOCK)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for begin in range(0, end, BLOCK):
            file.write(block[: min(BLOCK, end - begin)])


def measure(path: Path) -> dict[str, float]:
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
    held = [load(kind(file, "sd1"), lambda _: path, torch.device("cpu"), "file", shared) for kind in (Model, Clip, Vae)]
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
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    said = parser.parse_args()
    if said.measure:
        print(json.dumps(measure(said.measure)))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "full.safetensors"
        write_checkpoint(path)
        command = [sys.executable, "-W", "ignore", __file__, "--measure", str(path)]
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        runs = [
            json.loads(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)
            for _ in range(said.runs)
        ]
    ratio = statistics.median(run["load"] / run["raw"] for run in runs)
    share = statistics.median(run["anonymous"] / run["size"] for run in runs)
    details = {
        "file": f"{runs[0]['size']:.0f} MiB, fp16, single file",
        "raw read": f"{statistics.median(run['raw'] for run in runs):.3f} s CPU",
        "load": f"{statistics.median(run['load'] for run in runs):.3f} s CPU",
        "anonymous memory": f"{statistics.median(run['anonymous'] for run in runs):.1f} MiB",
    }
    figure = f"{ratio:.2f}x CPU, {share:.1%} anonymous"
    goal = "1.0x CPU, anonymous memory 5 % of the file"
    record("L1", "checkpoint load over a raw read", goal, figure, ratio <= 1 and share <= 0.05, details)


if __name__ == "__main__":
    main()
