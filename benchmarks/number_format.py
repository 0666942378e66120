"""P3: a step of SD 1.5 at full width in bfloat16 over one in float32, on a processor.

Random weights in the original single-file layout, loaded as `--dtype bfloat16` and `--dtype float32` load them; both
predict the same noise in turn, on one thread, CPU time. Where the processor has no arithmetic in bfloat16 the row says
so: it is an option there as well, and no gain.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch

from calotype.services import Services
from calotype.settings import Settings
from calotype.types import Model
from full_width import FILE, WIDTHS
from layouts import single_file
from report import record
from sampling import in_turn

SIDE = 32  # of the latent: a picture of 256 px
GOAL = 0.62


def steps_of(denoiser: Any) -> Any:
    """A function that predicts for both sides of guidance, as a step of a sampler does."""
    draw = torch.Generator().manual_seed(0)
    x, tokens = torch.randn(2, 4, SIDE, SIDE, generator=draw), torch.randn(2, 77, WIDTHS["sd1"], generator=draw)
    levels = torch.tensor([500.0, 500.0])
    return lambda seed: denoiser.predict(x, levels, tokens)


def main() -> None:
    """Measure and write the row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as held:
        models = Path(temporary) / "models"
        (models / "checkpoints").mkdir(parents=True)
        single_file(models / "checkpoints" / FILE, "sd1", "F32")
        work = []
        for dtype in ("bfloat16", "float32"):
            settings = Settings.load(home=Path(temporary) / dtype, models=[models], dtype=dtype)
            services = held.enter_context(Services.open(settings))
            file = services.files.resolve("checkpoints", FILE)
            work.append(steps_of(held.enter_context(services.host.use(Model(file, "sd1")))))
        with torch.inference_mode():
            low, full = (each(0).float() for each in work)
            half, whole = in_turn(*work, runs)
    ratio = statistics.median(a / b for a, b in zip(half, whole, strict=True))
    details = {
        "bfloat16": f"{statistics.median(half):.2f} s CPU a step",
        "float32": f"{statistics.median(whole):.2f} s CPU a step",
        "difference of the predictions": f"{float((low - full).norm() / full.norm()):.1e}, relative",
        "arithmetic in bfloat16": "yes" if torch.ops.mkldnn._is_mkldnn_bf16_supported() else "no",
    }
    what = (
        "a step in bfloat16 over one in float32 on a processor, 256 px, full-width SD 1.5 (`--dtype`, part of the key)"
    )
    record("P3", what, str(GOAL), f"{ratio:.2f}", ratio <= GOAL, details)


if __name__ == "__main__":
    main()
