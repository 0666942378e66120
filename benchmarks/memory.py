"""M1: peak memory of text to image, the engine over the raw diffusers pipeline, on a full-width SD 1.5.

Random fp16 weights (2.1 GB) are written once as a diffusers folder; each side is a process of its own, computes in
float32 on the CPU, makes one picture of 256 px in two steps, and says the most bytes it ever had resident.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from report import record

SIDE, STEPS, CFG = 256, 2, 7.0
CROSS = "CrossAttnDownBlock2D"


def write_model(folder: Path) -> None:
    """A full-width SD 1.5 with random weights, as diffusers and transformers save it."""
    import torch
    from diffusers import AutoencoderKL, EulerDiscreteScheduler, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    torch.manual_seed(0)
    torch.set_default_dtype(torch.float16)
    unet = UNet2DConditionModel(
        cross_attention_dim=768,
        attention_head_dim=8,
        sample_size=64,
        down_block_types=(CROSS, CROSS, CROSS, "DownBlock2D"),
    )
    unet.save_pretrained(folder / "unet")
    levels = (128, 256, 512, 512)
    vae = AutoencoderKL(
        block_out_channels=levels, layers_per_block=2, latent_channels=4, sample_size=512,
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
    )  # fmt: skip
    vae.save_pretrained(folder / "vae")
    text = CLIPTextModel(
        CLIPTextConfig(hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12)
    )
    text.save_pretrained(folder / "text_encoder")
    EulerDiscreteScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear").save_pretrained(
        folder / "scheduler"
    )
    parts = {
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "scheduler": ["diffusers", "EulerDiscreteScheduler"],
    }
    none = {part: [None, None] for part in ("tokenizer", "safety_checker", "feature_extractor", "image_encoder")}
    index = {"_class_name": "StableDiffusionPipeline", "requires_safety_checker": False, **parts, **none}
    (folder / "model_index.json").write_text(json.dumps(index))


def engine(models: Path) -> None:
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
    with tempfile.TemporaryDirectory() as home, Services.open(Settings.load(home=home, models=[models])) as services:
        done = services.run(document, out=Path(home) / "out")
        if done.error is not None:
            raise done.error


def pipeline(models: Path) -> None:
    """One picture by diffusers' own pipeline."""
    import torch
    from diffusers import StableDiffusionPipeline

    pipe = StableDiffusionPipeline.from_pretrained(
        models / "checkpoints" / "full",
        torch_dtype=torch.float32,
        local_files_only=True,
        safety_checker=None,
        tokenizer=None,
        feature_extractor=None,
        image_encoder=None,
    )
    with torch.no_grad():
        ids = torch.full((2, 77), 49407)
        ids[:, 0] = 49406
        tokens = pipe.text_encoder(ids).last_hidden_state
        picture = pipe(
            prompt_embeds=tokens[:1], negative_prompt_embeds=tokens[1:], height=SIDE, width=SIDE,
            num_inference_steps=STEPS, guidance_scale=CFG,
        ).images[0]  # fmt: skip
    picture.save(models / "pipeline.png")


def peak(side: str, models: Path) -> float:
    """MiB that a process of one side had resident at most."""
    command = [sys.executable, "-W", "ignore", __file__, "--side", side, "--models", str(models)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1]) / 1024


def main() -> None:
    """Measure and write the row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--side", choices=("engine", "pipeline"))
    parser.add_argument("--models", type=Path)
    asked = parser.parse_args()
    if asked.side:
        (engine if asked.side == "engine" else pipeline)(asked.models)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        return
    with tempfile.TemporaryDirectory() as folder:
        models = Path(folder)
        write_model(models / "checkpoints" / "full")
        pairs = [(peak("engine", models), peak("pipeline", models)) for _ in range(asked.runs)]
    ours, theirs = (statistics.median(each) for each in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    what = f"peak memory, text to image, {SIDE} px, full-width SD 1.5, over the raw pipeline"
    record("M1", what, "1.05", f"{ratio:.3f}", ratio <= 1.05,
           {"engine": f"{ours:.0f} MiB", "pipeline": f"{theirs:.0f} MiB"})  # fmt: skip


if __name__ == "__main__":
    main()
