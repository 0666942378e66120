"""G rows: a GPU's time and memory, with random weights of full width that are made on the device; no downloads.

    python benchmarks/gpu.py             on a machine with a GPU: every row, about ten minutes
    python benchmarks/gpu.py --tiny      on any machine, on a simulated device: whether the rows can be run at all;
                                         writes results/gpu/tiny.json, its seconds are those of counting

G1 engine over raw loop; G2, G3 capped at 8 and 4 GiB over uncapped, beside diffusers' group offloading and accelerate's
hooks; G7 regional compile and CUDA graph over eager; G9 estimate over measured peak; G10 out of memory injected; G11 a
file to the device over reading it. Writes results/gpu/gpu.json after each row, so that what was measured stays.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from calotype.diffusion.denoiser import Denoiser
from calotype.diffusion.latents import LatentFormat
from calotype.diffusion.sampling.parameterization import ModelSampling
from calotype.pool.devices import Cuda, Device
from calotype.pool.estimate import estimated
from calotype.pool.placer import Held, Placer
from calotype.pool.seats import seats_of
from calotype.pool.simulated import Simulated
from calotype.pool.strategies import maker
from report import RESULTS, machine

GIB = 1024**3
CROSS_DOWN, CROSS_UP = ("DownBlock2D", "CrossAttnDownBlock2D"), ("CrossAttnUpBlock2D", "UpBlock2D")


@dataclass(frozen=True)
class Scale:
    """How large everything is. caps: bytes of the capped rows, for each network; side: of the latent.

    layers: as many as at full width, though they are narrow.
    """

    tiny: bool
    side: int
    steps: int
    runs: int
    caps: dict[str, dict[str, int]]
    dtype: torch.dtype
    layers: bool = False


def scale(tiny: bool) -> Scale:
    """Full width on a GPU, narrow elsewhere."""
    if tiny:
        caps = {"G2": {"sdxl": 11_500_000, "flux": 1_700_000}, "G3": {"sdxl": 5_700_000, "flux": 1_250_000}}
        return Scale(True, 8, 1, 1, caps, torch.float32)  # about the shares of the weights that they are at full width
    caps = {"G2": dict.fromkeys(("sdxl", "flux"), 8 * GIB), "G3": dict.fromkeys(("sdxl", "flux"), 4 * GIB)}
    return Scale(False, 128, 20, 5, caps, torch.bfloat16)


def sdxl(at: Scale) -> Any:
    """SDXL's U-Net with random weights, in main memory."""
    from diffusers import UNet2DConditionModel

    full = at.layers or not at.tiny
    widths, heads, depths = ((32, 64, 64), 8, 1) if at.tiny else ((320, 640, 1280), [5, 10, 20], [1, 2, 10])
    depths = [1, 2, 10] if full else depths
    with torch.device("meta"):
        made = UNet2DConditionModel(
            sample_size=at.side, cross_attention_dim=64 if at.tiny else 2048, block_out_channels=widths,
            down_block_types=(CROSS_DOWN[0], CROSS_DOWN[1], CROSS_DOWN[1]), layers_per_block=2 if full else 1,
            up_block_types=(CROSS_UP[0], CROSS_UP[0], CROSS_UP[1]), transformer_layers_per_block=depths,
            attention_head_dim=heads, use_linear_projection=True,
        )  # fmt: skip
    return filled(made, at)


def flux(at: Scale) -> Any:
    """FLUX.1's transformer with random weights, in main memory."""
    from diffusers import FluxTransformer2DModel

    small = {"num_attention_heads": 2, "attention_head_dim": 32, "joint_attention_dim": 64, "pooled_projection_dim": 32,
             "axes_dims_rope": (4, 14, 14)}  # fmt: skip
    small |= {} if at.layers else {"num_layers": 1, "num_single_layers": 2}
    with torch.device("meta"):
        made = FluxTransformer2DModel(guidance_embeds=True, **(small if at.tiny else {}))
    return filled(made, at)


@torch.no_grad()
def filled(module: Any, at: Scale) -> Any:
    """Memory and numbers for a module that has none."""
    torch.manual_seed(0)
    made = module.to(at.dtype).to_empty(device="cpu").eval().requires_grad_(False)
    for parameter in made.parameters():
        parameter.normal_(0, 0.02) if parameter.ndim > 1 else parameter.fill_(0.5)
    return made


class Bench:
    """One network behind the placer, and the call that a step is."""

    def __init__(self, at: Scale, device: Device, network: Any, strategy: Any = "auto") -> None:
        self.at, self.device, self.network = at, device, network
        self.denoiser = Denoiser(
            "sdxl",
            network,
            ModelSampling.discrete("eps", False),
            LatentFormat(4),
            device.where,
            at.dtype,
            self._forward,
        )
        self.placer = Placer(device, make=maker(strategy, device))
        self.held: Held = self.placer.adopt(self.denoiser, "random", "denoiser")
        self.inputs = self._inputs(2)

    def _inputs(self, batch: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        config = self.network.config
        wide = getattr(config, "cross_attention_dim", None) or config.joint_attention_dim
        where = self.device.where
        x = torch.randn(batch, 4, self.at.side, self.at.side, device=where)
        return x, torch.full((batch,), 500.0, device=where), torch.randn(batch, 77, wide, device=where)

    def _forward(self, step: Any) -> torch.Tensor:
        if not hasattr(self.network.config, "joint_attention_dim"):
            return step.module(step.x, step.timestep, step.tokens, return_dict=False)[0]
        batch, cells = step.x.shape[0], (self.at.side // 2) ** 2
        packed = step.x.reshape(batch, cells, -1)
        ids = torch.zeros(cells, 3, device=step.x.device)
        pooled = step.tokens.new_zeros(batch, self.network.config.pooled_projection_dim)
        out = step.module(
            packed.repeat(1, 1, 64 // packed.shape[-1]), step.tokens, pooled, step.timestep / 1000, ids,
            ids.new_zeros(step.tokens.shape[1], 3), step.timestep, return_dict=False,
        )[0]  # fmt: skip
        return out[..., : packed.shape[-1]].reshape(step.x.shape)

    def step(self) -> torch.Tensor:
        """One evaluation through the placer."""
        return self.denoiser.predict(*self.inputs)

    def close(self) -> None:
        """Give everything back."""
        self.placer.forget(self.held)
        gc.collect()
        self.device.trim()


def timed(at: Scale, work: Callable[[], Any], real: bool) -> float:
    """Median seconds of a step, back to back."""
    for _ in range(2):
        work()
    spent = []
    for _ in range(at.runs):
        wait(real)
        began = time.perf_counter()
        for _ in range(at.steps):
            work()
        wait(real)
        spent.append((time.perf_counter() - began) / at.steps)
    return statistics.median(spent)


def wait(real: bool) -> None:
    """Until the device has computed."""
    if real:
        torch.cuda.synchronize()


def opened(at: Scale, limit: int | None = None) -> Device:
    """The device, of at most so many bytes."""
    if at.tiny:
        return Simulated(limit or 10**10)
    torch.cuda.set_per_process_memory_fraction(1.0)  # whatever the row before was allowed
    return Cuda(torch.device("cuda", 0), limit)


def spent(at: Scale, make: Callable[[Scale], Any], limit: int | None, strategy: str = "auto") -> dict[str, Any]:
    """Seconds of a step under a cap, or why there are none."""
    bench = Bench(at, opened(at, limit), make(at), strategy)
    try:
        seconds = timed(at, bench.step, not at.tiny)
        placement = bench.held.placement
        return {"seconds": seconds, "how": placement.name if placement else "", "bytes": bench.held.bytes}
    except (torch.OutOfMemoryError, RuntimeError) as error:
        return {"error": f"{type(error).__name__}: {str(error)[:300]}"}
    finally:
        bench.close()


def g1(at: Scale) -> dict[str, Any]:
    """The placer's call over the network's own."""
    found = spent(at, sdxl, None)
    network, real = sdxl(at), not at.tiny
    bench = Bench(at, opened(at), network)
    network.to(bench.device.where)
    x, time_, tokens = (t.to(at.dtype) if t.is_floating_point() else t for t in bench.inputs)
    with torch.no_grad():
        raw = timed(at, lambda: network(x, time_, tokens, return_dict=False), real)
    return {"ratio": found["seconds"] / raw, "raw": raw, **found}


def capped(row: str, at: Scale) -> dict[str, Any]:
    """Under a cap over uncapped, for both networks; for the tight one beside the other ways."""
    found: dict[str, Any] = {}
    for name, make in (("sdxl", sdxl), ("flux", flux)):
        free = spent(at, make, None)
        ours = spent(at, make, at.caps[row][name])
        others = (
            {way: spent(at, make, at.caps[row][name], way) for way in ("group", "sequential")} if row == "G3" else {}
        )
        ratio = ours["seconds"] / free["seconds"] if "seconds" in ours and "seconds" in free else None
        found[name] = {"ratio": ratio, "uncapped": free, "capped": ours, **others}
    return found


def g7(at: Scale) -> dict[str, Any]:
    """Regional compile and a CUDA graph over eager."""
    if at.tiny:
        return {"skipped": "needs a GPU"}
    network, device = sdxl(at).to("cuda"), opened(at)
    x, time_, tokens = (t.to(at.dtype) if t.ndim > 1 else t for t in Bench(at, device, network).inputs)
    run = partial(network, x, time_, tokens, return_dict=False)
    with torch.no_grad():
        eager = timed(at, run, True)
        stream, graph = torch.cuda.Stream(), torch.cuda.CUDAGraph()
        with torch.cuda.stream(stream):
            for _ in range(3):
                run()
        wait(True)
        with torch.cuda.graph(graph):
            run()
        replayed = timed(at, graph.replay, True)
        network.compile_repeated_blocks(fullgraph=True)
        compiled = timed(at, run, True)
    return {"graph": replayed / eager, "compile": compiled / eager, "eager": eager}


def g9(at: Scale) -> dict[str, Any]:
    """The estimate over the measured peak."""
    found = {}
    for name, make in (("sdxl", sdxl), ("flux", flux)):
        bench = Bench(at, opened(at), make(at))
        for batch in (1, 2, 4):
            bench.inputs = bench._inputs(batch)
            seats = [s for own in seats_of(bench.held.networks).values() for s in own]
            method = type(bench.denoiser).predict.__get__(bench.denoiser)
            guess = estimated(bench.denoiser, method, seats, bench.inputs, {})
            bench.step()
            before = bench.device.used()
            bench.device.watch()
            bench.step()
            peak = bench.device.peak() - before
            found[f"{name} {batch}"] = {"estimate": guess, "peak": peak, "ratio": guess and guess / max(peak, 1)}
        bench.close()
    return found


def g10(at: Scale) -> dict[str, Any]:
    """A call that is refused twice completes with the same bits."""
    bench = Bench(at, opened(at), sdxl(at))
    whole = bench.step().clone()
    left, real = [2], bench.network.forward

    def refusing(*args: Any, **kwargs: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise torch.OutOfMemoryError("injected")
        return real(*args, **kwargs)

    bench.network.forward = refusing
    try:
        again = bench.step()
        placement = bench.held.placement
        return {"equal": bool(torch.equal(again, whole)), "how": placement.name if placement else ""}
    finally:
        bench.network.forward = real
        bench.close()


def g11(at: Scale) -> dict[str, Any]:
    """A file to the device over reading it."""
    from safetensors.torch import load_file, save_file

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights.safetensors"
        network = sdxl(at)
        save_file(network.state_dict(), path)
        buffer = bytearray(path.stat().st_size)
        with path.open("rb", buffering=0) as file:
            file.readinto(buffer)
            file.seek(0)
            began = time.perf_counter()
            file.readinto(buffer)
            read = time.perf_counter() - began
        del buffer
        began = time.perf_counter()
        network.load_state_dict(load_file(path), assign=True)
        bench = Bench(at, opened(at), network)
        bench.placer._place(bench.held, "")
        wait(not at.tiny)
        ours = time.perf_counter() - began
        bench.close()
    return {"ratio": ours / read, "read": read, "seconds": ours}


def rows() -> dict[str, Callable[[Scale], dict[str, Any]]]:
    """What measures each row."""
    return {
        "G1": g1,
        "G2": partial(capped, "G2"),
        "G3": partial(capped, "G3"),
        "G7": g7,
        "G9": g9,
        "G10": g10,
        "G11": g11,
    }


def quiet() -> None:
    """Let the figures stand alone: diffusers says of every network which modules it casts."""
    from diffusers.utils import logging

    logging.set_verbosity_error()


def main(argv: list[str] | None = None) -> dict[str, Any]:
    """Measure the rows that were asked for; what each gave, or why it gave nothing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiny", action="store_true", help="narrow networks on a simulated device")
    parser.add_argument("--rows", default=",".join(rows()), help="some of G1,G2,G3,G7,G9,G10,G11; by default all")
    parser.add_argument("--out", type=Path, help="by default results/gpu/gpu.json, or tiny.json")
    asked = parser.parse_args(argv)
    if unknown := set(asked.rows.split(",")) - rows().keys():
        parser.error(f"there is no row {', '.join(sorted(unknown))}; there are {', '.join(rows())}")
    out: Path = asked.out or RESULTS / "gpu" / ("tiny.json" if asked.tiny else "gpu.json")
    if not asked.tiny and not torch.cuda.is_available():
        parser.error("there is no GPU here; --tiny runs the same on a simulated device")
    at = scale(asked.tiny)
    where = "simulated" if at.tiny else torch.cuda.get_device_name(0)
    found: dict[str, Any] = {"device": where, "machine": machine(), "rows": {}}
    for row in asked.rows.split(","):
        try:
            found["rows"][row] = rows()[row](at)
        except (RuntimeError, ValueError) as error:
            found["rows"][row] = {"error": f"{type(error).__name__}: {str(error)[:500]}"}
        print(row, json.dumps(found["rows"][row]), flush=True)
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(found, indent=1) + "\n")
    return found


if __name__ == "__main__":
    quiet()
    main()
