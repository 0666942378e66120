"""X1: how long the next node waits for four pictures that are saved, over encoding one of them.

Four pictures of 1024 px with noise are made and saved, and drawn over by a sampler. Measured from the end of the node
that made them to the start of the next one that computes, with the pictures saved and without, in turn; wall time, for
what is asked is who waits. Beside it what the whole run takes longer.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import torch

from calotype.events import Event, NodeFinished, NodeStarted
from calotype.images import encode_png
from calotype.services import Services
from calotype.settings import Settings
from calotype.workflow import Document, read
from report import record
from sampling import CHECKPOINT

SIDE, PICTURES, STEPS = 1024, 4, 10
GOAL = 0.1


def document(seed: int, saved: bool) -> Document:
    """Pictures that are saved and drawn over."""
    nodes = {
        "checkpoint": ("CheckpointLoader", {"checkpoint": CHECKPOINT}),
        "words": ("TextEncode", {"text": "a red apple", "clip": {"from": "checkpoint.clip"}}),
        "grey": ("SolidImage", {"width": SIDE, "height": SIDE, "batch_size": PICTURES, "colour": "#808080"}),
        "noisy": ("ImageNoise", {"image": {"from": "grey.image"}, "seed": seed, "amount": 0.1}),
        **({"save": ("SaveImage", {"images": {"from": "noisy.image"}})} if saved else {}),
        "small": ("ImageScale", {"image": {"from": "noisy.image"}, "width": 128, "height": 128}),
        "latent": ("VAEEncode", {"image": {"from": "small.image"}, "vae": {"from": "checkpoint.vae"}}),
        "sampler": ("KSampler", {
            "model": {"from": "checkpoint.model"}, "positive": {"from": "words.conditioning"},
            "negative": {"from": "words.conditioning"}, "latent": {"from": "latent.latent"},
            "steps": STEPS, "cfg": 1.0, "seed": seed}),
    }  # fmt: skip
    told = {id: {"type": kind, "inputs": inputs} for id, (kind, inputs) in nodes.items()}
    return read({"calotype": 1, "name": "bench", "nodes": told})


class Watch:
    """When the next node began after the pictures, and how long all of it took."""

    def __init__(self, services: Services, seed: int, saved: bool) -> None:
        self._ended, self.gap = 0.0, 0.0
        targets = ["noisy", "sampler", *(["save"] if saved else [])]
        began = time.perf_counter()
        done = services.run(document(seed, saved), targets=targets, on_event=self._hear)
        self.seconds = time.perf_counter() - began
        if done.error is not None:
            raise done.error

    def _hear(self, event: Event) -> None:
        if isinstance(event, NodeFinished) and event.node == "noisy":
            self._ended = time.perf_counter()
        if isinstance(event, NodeStarted) and event.node == "small":
            self.gap = time.perf_counter() - self._ended


def encoding(runs: int) -> float:
    """Seconds for one of the pictures."""
    draw = torch.Generator().manual_seed(0)
    picture = (128 + 25 * torch.randn(SIDE, SIDE, 3, generator=draw)).clamp(0, 255).to(torch.uint8).numpy()
    spent = []
    for _ in range(runs):
        began = time.perf_counter()
        encode_png(picture)
        spent.append(time.perf_counter() - began)
    return statistics.median(spent)


def main() -> None:
    """Measure and write the row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as home, Services.open(Settings.load(home=Path(home))) as services:
        Watch(services, 0, True)  # the model is loaded
        pairs = [(Watch(services, 2 * i + 1, True), Watch(services, 2 * i + 2, False)) for i in range(runs)]
    one = encoding(runs)
    waits = statistics.median(a.gap - b.gap for a, b in pairs)
    longer = statistics.median(a.seconds - b.seconds for a, b in pairs)
    details = {
        "one PNG encoded": f"{one * 1000:.0f} ms", "the next node waits": f"{waits * 1000:.2f} ms",
        "the whole run takes longer by": f"{longer * 1000:.0f} ms of {pairs[0][1].seconds:.2f} s",
    }  # fmt: skip
    what = f"{PICTURES} pictures of {SIDE} px saved: what the next node waits, over encoding one PNG"
    record("X1", what, str(GOAL), f"{waits / one:.3f}", waits / one <= GOAL, details)


if __name__ == "__main__":
    main()
