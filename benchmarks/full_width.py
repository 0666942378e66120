"""P1, P2 at full width: what the engine adds to the networks of SD 1.5 and SDXL as they are used.

Random weights in the original single-file layout, SD 1.5 in float32 and SDXL in bfloat16, a picture of 128 px in few
steps, on one thread: a whole run of the engine against diffusers' own pipeline with the very same modules, in turn, CPU
time. Then both with networks that do nothing (a text encoder and a VAE take seconds here, in which 5 ms cannot be
seen), so that only the overhead is left; and a sampler's step by itself.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch

from calotype.services import Services
from calotype.settings import Settings
from calotype.types import Clip, Model, Recipe, Vae
from calotype.workflow import Document, read
from layouts import single_file
from report import record
from sampling import PROMPT, Idle, Nothing, in_turn, ours_a_step, theirs_a_step

FILE, SIDE, CFG = "full.safetensors", 128, 5.0
KINDS = {"sd1": ("F32", "float32"), "sdxl": ("BF16", "bfloat16")}
TITLES = {"sd1": "SD 1.5", "sdxl": "SDXL"}
WIDTHS = {"sd1": 768, "sdxl": 2048}


def document(seed: int, steps: int) -> Document:
    """Text to image, as a user would build it."""
    nodes = {
        "checkpoint": ("CheckpointLoader", {"checkpoint": FILE}),
        "positive": ("TextEncode", {"text": PROMPT, "clip": {"from": "checkpoint.clip"}}),
        "negative": ("TextEncode", {"text": "", "clip": {"from": "checkpoint.clip"}}),
        "empty": ("EmptyLatent", {"width": SIDE, "height": SIDE}),
        "sampler": ("KSampler", {
            "model": {"from": "checkpoint.model"}, "positive": {"from": "positive.conditioning"},
            "negative": {"from": "negative.conditioning"}, "latent": {"from": "empty.latent"},
            "steps": steps, "cfg": CFG, "seed": seed}),
        "decode": ("VAEDecode", {"latent": {"from": "sampler.latent"}, "vae": {"from": "checkpoint.vae"}}),
    }  # fmt: skip
    told = {id: {"type": kind, "inputs": inputs} for id, (kind, inputs) in nodes.items()}
    return read({"calotype": 1, "name": "bench", "nodes": told})


class Raw:
    """diffusers' pipeline of a family over the modules that the engine holds."""

    def __init__(self, family: str, denoiser: Any, encoder: Any, vae: Any) -> None:
        from diffusers import EulerDiscreteScheduler, StableDiffusionPipeline, StableDiffusionXLPipeline

        logging.getLogger("diffusers").setLevel(logging.ERROR)
        scheduler = EulerDiscreteScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
        none: dict[str, Any] = {"text_encoder": None, "tokenizer": None, "unet": denoiser.module, "vae": vae.module}
        if family == "sdxl":
            self.pipe: Any = StableDiffusionXLPipeline(
                text_encoder_2=None, tokenizer_2=None, scheduler=scheduler, add_watermarker=False, **none
            )
        else:
            self.pipe = StableDiffusionPipeline(
                scheduler=scheduler, safety_checker=None, feature_extractor=None, requires_safety_checker=False, **none
            )
        self.pipe.set_progress_bar_config(disable=True)
        self._encoder, self._dtype, self._pooled = encoder, denoiser.dtype, family == "sdxl"

    def __call__(self, seed: int, steps: int) -> None:
        """Prompts to picture."""
        said = {"": self._encoder.encode(PROMPT), "negative_": self._encoder.encode("")}
        words = {f"{side}prompt_embeds": prompt.tokens.to(self._dtype) for side, prompt in said.items()}
        if self._pooled:
            pooled = {f"{side}pooled_prompt_embeds": prompt.pooled.to(self._dtype) for side, prompt in said.items()}
            words |= pooled
        self.pipe(
            **words, num_inference_steps=steps, guidance_scale=CFG, height=SIDE, width=SIDE, output_type="pt",
            generator=torch.Generator().manual_seed(seed),
        )  # fmt: skip


def still(denoiser: Any, encoder: Any, vae: Any) -> None:
    """Let the three networks do nothing, for the engine and the pipeline alike."""
    nothing = Nothing(denoiser.module)
    nothing.dtype = denoiser.dtype
    denoiser.module = nothing
    said = {text: encoder.encode(text) for text in (PROMPT, "")}
    encoder.encode = lambda text, *more, **how: said[text]
    vae.module.decoder = Blank()


class Blank(torch.nn.Module):
    """A decoder whose pictures are grey."""

    def forward(self, latents: torch.Tensor, *args: Any) -> torch.Tensor:
        """(B, C, h, w) to (B, 3, 8 h, 8 w)."""
        return latents.new_zeros(len(latents), 3, latents.shape[-2] * 8, latents.shape[-1] * 8)


def text_to_image(services: Services, family: str, runs: int, steps: int) -> None:
    """P1."""
    file = services.files.resolve("checkpoints", FILE)

    def engine(seed: int) -> None:
        services.store.clear()
        done = services.run(document(seed, steps), targets=["decode"], on_event=lambda event: None)
        if done.error is not None:
            raise done.error

    with ExitStack() as held:
        recipes: list[Recipe] = [Model(file, family), Clip(file, family), Vae(file, family)]
        denoiser, encoder, vae = (held.enter_context(services.host.use(r)) for r in recipes)
        raw = Raw(family, denoiser, encoder, vae)
        ours, theirs = in_turn(engine, lambda seed: raw(seed, steps), runs)
        ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
        still(denoiser, encoder, vae)
        raw.pipe.unet = denoiser.module
        bare, base = in_turn(engine, lambda seed: raw(seed, steps), 5 * runs)
    extra = statistics.median(a - b for a, b in zip(bare, base, strict=True)) * 1000
    details = {
        "engine": f"{statistics.median(ours):.3f} s CPU", "pipeline": f"{statistics.median(theirs):.3f} s CPU",
        "engine, fake networks": f"{statistics.median(bare) * 1000:.1f} ms",
        "pipeline, fake networks": f"{statistics.median(base) * 1000:.1f} ms", "number format": KINDS[family][1],
    }  # fmt: skip
    what = f"text to image, {steps} steps, {SIDE} px, full-width {TITLES[family]}, engine over the diffusers pipeline"
    record(f"P1-{family}", what, "1.02; 5 ms over fake networks", f"{ratio:.3f}; {extra:+.1f} ms",
           ratio <= 1.02 and extra <= 5, details)  # fmt: skip


def a_step(services: Services, family: str, runs: int, count: int = 500) -> None:
    """P2: words of the family's width; the network does nothing."""
    with services.host.use(Model(services.files.resolve("checkpoints", FILE), family)) as real:
        idle = Idle(real)
        said, met = {}, True
        for sampler in ("euler", "dpmpp_2m"):
            pairs = [
                (ours_a_step(sampler, idle, count, WIDTHS[family]), theirs_a_step(sampler, count, idle.prediction))
                for _ in range(runs + 1)
            ]
            ours, theirs = (statistics.median(each) * 1e6 for each in zip(*pairs[1:], strict=True))
            said[sampler] = f"{ours:.0f} us, diffusers {theirs:.0f} us"
            met = met and ours <= theirs + 10
    record(f"P2-{family}", f"a sampler's step with progress, no network, full-width {TITLES[family]}",
           "diffusers + 10 us", "; ".join(f"{k} {v}" for k, v in said.items()), met, said)  # fmt: skip


def main() -> None:
    """Measure and write the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--family", choices=tuple(KINDS), default="sd1")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--steps", type=int, default=2)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    stored, computed = KINDS[asked.family]
    with tempfile.TemporaryDirectory() as temporary:
        models, home = Path(temporary) / "models", Path(temporary) / "home"
        (models / "checkpoints").mkdir(parents=True)
        single_file(models / "checkpoints" / FILE, asked.family, stored)
        with Services.open(Settings.load(home=home, models=[models], dtype=computed)) as services:
            text_to_image(services, asked.family, asked.runs, asked.steps)
            a_step(services, asked.family, asked.runs)


if __name__ == "__main__":
    main()
