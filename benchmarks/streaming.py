"""What can be said of streaming without a GPU: bytes and copies of a step at full width, and what the hooks cost.

    python benchmarks/streaming.py

Traffic: SDXL and FLUX.1 at full width, without their numbers, at 1024 pixels under 4 and 8 GiB: what our layout sends
to the device for a step, what group offloading and sequential hooks send (everything), and in how many copies. Hooks:
as many layers, narrow, on the processor, where nothing has to be copied: CPU time of a step over that without hooks.
Ours copies what passes all the same. cache-dit is measured where it can be imported: it is no dependency (`pip install
--no-deps --target DIR cache-dit`, and DIR in PYTHONPATH).
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import torch

from calotype.pool.estimate import estimated
from calotype.pool.moved import Resident
from calotype.pool.placer import MARGIN
from calotype.pool.seats import seats_of, size_of
from calotype.pool.simulated import Simulated
from calotype.pool.strategies import Grouped, Sequential
from calotype.pool.stream import Streamed, unbounded
from calotype.pool.units import laid_out
from gpu import GIB, Bench, Scale, flux, scale, sdxl
from report import medians, record

CAPS = (4, 8)  # GiB
SHARE = {"sdxl": 0.45, "flux": 0.9}  # of the weights that passes, about as under 4 GiB
MAKERS: dict[str, Callable[[Scale], Any]] = {"sdxl": sdxl, "flux": flux}


class Uncounted(Simulated):
    """Main memory as a device of its own, without the cost of counting."""

    def computing(self) -> AbstractContextManager[None]:
        """Nothing is counted."""
        return nullcontext()


class Held:
    """What the strategies need of a model. network: it alone."""

    def __init__(self, network: Any) -> None:
        self.networks = [network]
        self.seats = seats_of(self.networks)
        self.every = [seat for own in self.seats.values() for seat in own]
        self.size = size_of(self.every)
        self.order: dict[Any, int] = {}
        self.spare = unbounded


def traffic(name: str) -> list[list[str]]:
    """One line for each cap: GB that pass at a step, and copies; of ours and of what moves everything."""
    at = replace(scale(False), side=128)
    network = unfilled(name, at)
    bench = Bench(at, Simulated(10**12), network)
    method = type(bench.denoiser).predict.__get__(bench.denoiser)
    needs = estimated(bench.denoiser, method, bench.held.every, bench.inputs, {}) or 0
    held = Held(network)
    lines = []
    for cap in CAPS:
        room = cap * GIB - int(needs * MARGIN)
        layout = laid_out(held.networks, held.seats, room, {}) if held.size > room else None
        passing = sum(unit.bytes for unit in layout.passing) if layout else 0
        copies = len(layout.passing) if layout else 0
        lines.append(
            [f"{name}, {cap} GiB", *(f"{size / 1e9:.2f} GB" for size in (held.size, needs * MARGIN, passing)),
             str(copies), str(len(held.every)), f"{passing / held.size:.2f}"]
        )  # fmt: skip
    return lines


def unfilled(name: str, at: Scale) -> Any:
    """A network of full width whose memory nobody writes to, so that the system gives none."""
    import gpu

    filled = gpu.filled
    gpu.filled = lambda module, at: module.to(at.dtype).to_empty(device="cpu").eval().requires_grad_(False)
    try:
        return MAKERS[name](at)
    finally:
        gpu.filled = filled


def hooks(name: str, runs: int) -> tuple[float, dict[str, float]]:
    """CPU seconds of a step without hooks, and what each way adds to it, each measured beside one without."""
    torch.set_num_threads(1)
    at = replace(scale(True), layers=True)
    network = MAKERS[name](at)
    bench = Bench(at, Uncounted(10**12), network)
    compute = type(bench.denoiser).predict.__get__(bench.denoiser)
    held, device = Held(network), bench.device
    ways: dict[str, Callable[[], Any]] = {
        "ours": lambda: Streamed(smallest(held, SHARE[name]), device),
        "group": lambda: Grouped(held, device),
        "sequential": lambda: Sequential(held, device),
    }
    if importlib.util.find_spec("cache_dit"):
        ways["cache-dit"] = lambda: CacheDit(network)
    found, bare = dict[str, float](), list[float]()
    with torch.no_grad():
        whole = compute(*bench.inputs)

        def spent(placement: Any) -> float:
            return medians(lambda: stepped(placement, compute, bench.inputs, whole), runs)

        for way, place in ways.items():
            bare.append(spent(Resident([], device)))
            placement = place()
            found[way] = spent(placement) - bare[-1]
            placement.remove()
    return statistics.median(bare), found


def smallest(held: Held, share: float) -> Any:
    """The layout in which about this share of the weights passes."""
    room = int(held.size * (1 - share))
    while (found := laid_out(held.networks, held.seats, room, {})) is None:
        room = int(room * 1.1) + 1
    return found


def stepped(placement: Any, compute: Callable[..., torch.Tensor], inputs: Any, whole: torch.Tensor) -> None:
    """One step, with the same bits."""
    placement.begin("predict")
    made = compute(*inputs)
    placement.end("predict", True)
    assert torch.equal(made, whole)


class CacheDit:
    """cache-dit's layerwise offloading."""

    def __init__(self, network: Any) -> None:
        from cache_dit.offload import layerwise_offload

        self._network = network
        with patch.object(torch.Tensor, "pin_memory", lambda tensor: tensor):  # it would ask for a GPU
            layerwise_offload(network, onload_device="cpu", offload_device="cpu")

    def begin(self, call: str) -> None:
        """Nothing is to be done."""

    def end(self, call: str, done: bool) -> None:
        """Nothing is to be done."""

    def remove(self) -> None:
        """Take the hooks off."""
        from cache_dit.offload import remove_layerwise_offload

        remove_layerwise_offload(self._network)


def main() -> None:
    """Count, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=15)
    asked = parser.parse_args()
    heads = ["at 1024 px, batch 2", "weights", "left for computing", "ours passes a step", "in copies",
             "tensors, which the others move one by one", "of what the others move"]  # fmt: skip
    table = [heads, *(line for name in MAKERS for line in traffic(name))]
    details, worst = dict[str, str](), 0.0
    for name in MAKERS:
        bare, over = hooks(name, asked.runs)
        details |= {
            f"{name}, CPU of a step": f"{bare * 1e3:.0f} ms without hooks; "
            + "; ".join(f"{way} +{spent * 1e3:.0f} ms" for way, spent in over.items())
        }
        worst = max(worst, over["ours"] / over["group"])
    details["what settles it"] = "`python benchmarks/gpu.py --rows G2,G3` on a machine with a GPU"
    record(
        "G3-traffic",
        "streaming, without a GPU: bytes of a step under 4 GiB and CPU of the hooks, over group offloading",
        "0.6; 1",
        f"SDXL {table[1][-1]}, FLUX.1 {table[3][-1]}; {worst:.2f}",
        max(float(table[1][-1]), worst) <= 1 and float(table[1][-1]) <= 0.6,
        details,
        table,
    )


if __name__ == "__main__":
    began = time.perf_counter()
    main()
    print(f"{time.perf_counter() - began:.0f} s")
