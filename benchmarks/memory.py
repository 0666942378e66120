"""M1: peak memory of text to image, the engine over the raw diffusers pipeline, at full width.

Random weights are written once as a diffusers folder: SD 1.5 in fp16 (2.1 GB), computed in float32; SDXL in bf16
(6.9 GB), computed in bfloat16. Each side is a process of its own, makes one picture of 256 px in two steps on the CPU,
and says the most bytes it ever had resident.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from layouts import folder
from report import record

SIDE, STEPS, CFG = 256, 2, 7.0
STORED = {"sd1": "F16", "sdxl": "BF16"}
COMPUTED = {"sd1": "float32", "sdxl": "bfloat16"}
ROWS = {"sd1": ("M1", "SD 1.5"), "sdxl": ("M1-sdxl", "SDXL")}


def engine(models: Path, family: str) -> None:
    """One picture by the engine."""
    from calotype.services import Services
    from calotype.settings import Settings
    from calotype.workflow import read

    def link(end: str) -> dict[str, str]:
        return {"from": end}

    document = read({"calotype": 1, "name": "memory", "nodes": {
        "checkpoint": {"type": "CheckpointLoader", "inputs": {"checkpoint": "full"}},
        "positive": {"type": "TextEncode", "inputs": {"text": "a cat", "clip": link("checkpoint.clip")}},
        "negative": {"type": "TextEncode", "inputs": {"text": "", "clip": link("checkpoint.clip")}},
        "empty": {"type": "EmptyLatent", "inputs": {"width": SIDE, "height": SIDE}},
        "sampler": {"type": "KSampler", "inputs": {
            "model": link("checkpoint.model"), "positive": link("positive.conditioning"),
            "negative": link("negative.conditioning"), "latent": link("empty.latent"), "steps": STEPS, "cfg": CFG}},
        "decode": {"type": "VAEDecode", "inputs": {"latent": link("sampler.latent"), "vae": link("checkpoint.vae")}},
        "save": {"type": "SaveImage", "inputs": {"images": link("decode.image")}},
    }})  # fmt: skip
    with tempfile.TemporaryDirectory() as home:
        settings = Settings.load(home=home, models=[models], dtype=COMPUTED[family])
        with Services.open(settings) as services:
            done = services.run(document, out=Path(home) / "out")
        if done.error is not None:
            raise done.error


def pipeline(models: Path, family: str) -> None:
    """One picture by diffusers' own pipeline."""
    import torch
    from diffusers import DiffusionPipeline

    absent = {"tokenizer": None, "feature_extractor": None, "safety_checker": None} if family == "sd1" else {}
    pipe = DiffusionPipeline.from_pretrained(
        models / "checkpoints" / "full", torch_dtype=getattr(torch, COMPUTED[family]), local_files_only=True, **absent
    )
    with torch.no_grad():
        ids = torch.full((2, 77), 49407)
        ids[:, 0] = 49406
        words = heard_by_two(pipe, ids) if family == "sdxl" else heard(pipe, ids)
        picture = pipe(**words, height=SIDE, width=SIDE, num_inference_steps=STEPS, guidance_scale=CFG).images[0]
    picture.save(models / "pipeline.png")


def heard(pipe: Any, ids: Any) -> dict[str, Any]:
    """Two prompts by CLIP-L."""
    tokens = pipe.text_encoder(ids).last_hidden_state
    return {"prompt_embeds": tokens[:1], "negative_prompt_embeds": tokens[1:]}


def heard_by_two(pipe: Any, ids: Any) -> dict[str, Any]:
    """Two prompts by both encoders of SDXL."""
    import torch

    first = pipe.text_encoder(ids, output_hidden_states=True)
    second = pipe.text_encoder_2(ids, output_hidden_states=True)
    tokens = torch.cat([first.hidden_states[-2], second.hidden_states[-2]], dim=-1)
    pooled = second.text_embeds
    return {
        "prompt_embeds": tokens[:1], "negative_prompt_embeds": tokens[1:],
        "pooled_prompt_embeds": pooled[:1], "negative_pooled_prompt_embeds": pooled[1:],
    }  # fmt: skip


def peak(side: str, models: Path, family: str) -> float:
    """MiB that a process of one side had resident at most."""
    command = [sys.executable, "-W", "ignore", __file__, "--side", side, "--models", str(models), "--family", family]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)  # its errors are shown
    return float(done.stdout.split()[-1]) / 1024


def main() -> None:
    """Measure and write the row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--family", choices=tuple(ROWS), default="sd1")
    parser.add_argument("--side", choices=("engine", "pipeline"))
    parser.add_argument("--models", type=Path)
    asked = parser.parse_args()
    if asked.side:
        (engine if asked.side == "engine" else pipeline)(asked.models, asked.family)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        return
    with tempfile.TemporaryDirectory() as temporary:
        models = Path(temporary)
        folder(models / "checkpoints" / "full", asked.family, STORED[asked.family])
        pairs = [
            (peak("engine", models, asked.family), peak("pipeline", models, asked.family)) for _ in range(asked.runs)
        ]
    ours, theirs = (statistics.median(each) for each in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    row, title = ROWS[asked.family]
    what = f"peak memory, text to image, {SIDE} px, full-width {title}, over the raw pipeline"
    record(row, what, "1.05", f"{ratio:.3f}", ratio <= 1.05,
           {"engine": f"{ours:.0f} MiB", "pipeline": f"{theirs:.0f} MiB",
            "number format": f"{STORED[asked.family]} stored, {COMPUTED[asked.family]} computed"})  # fmt: skip


if __name__ == "__main__":
    main()
