"""P1, P2: what the engine and the samplers add to the arithmetic of the networks.

P1: text to image, 20 steps, on the shipped model: a whole run of the engine (validation, plan, nodes, events, picture)
against a loop over diffusers' own pipeline with the very same modules; the two in turn, CPU time on one thread. Then
both with a denoiser that does nothing, so that only the overhead is left.
P2: one step of a sampler with progress events over a denoiser that does nothing, against diffusers' scheduler and
pipeline arithmetic for the same step.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch

from calotype.diffusion.sampling import sample
from calotype.services import Services
from calotype.settings import Settings
from calotype.types import Clip, Conditioning, Latent, Model, Prompt, Recipe, Vae
from calotype.workflow import Document, read
from report import record

CHECKPOINT = "emoji-ldm.safetensors"
PROMPT = "a red apple"
STEPS, SIDE, CFG = 20, 256, 4.0


def document(seed: int) -> Document:
    """Text to image, as a user would build it."""
    link = {name: {"from": end} for name, end in {
        "model": "checkpoint.model", "clip": "checkpoint.clip", "vae": "checkpoint.vae",
        "positive": "positive.conditioning", "negative": "negative.conditioning", "latent": "empty.latent",
    }.items()}  # fmt: skip
    return read({"calotype": 1, "name": "bench", "nodes": {
        "checkpoint": {"type": "CheckpointLoader", "inputs": {"checkpoint": CHECKPOINT}},
        "positive": {"type": "TextEncode", "inputs": {"text": PROMPT, "clip": link["clip"]}},
        "negative": {"type": "TextEncode", "inputs": {"text": "", "clip": link["clip"]}},
        "empty": {"type": "EmptyLatent", "inputs": {"width": SIDE, "height": SIDE}},
        "sampler": {"type": "KSampler", "inputs": {
            "model": link["model"], "positive": link["positive"], "negative": link["negative"],
            "latent": link["latent"], "steps": STEPS, "cfg": CFG, "seed": seed}},
        "decode": {"type": "VAEDecode", "inputs": {"latent": {"from": "sampler.latent"}, "vae": link["vae"]}},
    }})  # fmt: skip


class Nothing(torch.nn.Module):
    """A U-Net that returns its input: what is left is everybody's overhead."""

    def __init__(self, real: Any) -> None:
        super().__init__()
        self.config, self.dtype, self.device = real.config, torch.float32, torch.device("cpu")
        self.add_embedding = getattr(real, "add_embedding", None)

    def forward(self, sample: torch.Tensor, *args: Any, **kwargs: Any) -> tuple[torch.Tensor]:
        """(sample,)."""
        return (sample,)


class Pipeline:
    """diffusers' StableDiffusionPipeline over the modules that the engine holds."""

    def __init__(self, denoiser: Any, encoder: Any, vae: Any) -> None:
        from diffusers import EulerDiscreteScheduler, StableDiffusionPipeline

        logging.getLogger("diffusers").setLevel(logging.ERROR)
        scheduler = EulerDiscreteScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", prediction_type="v_prediction"
        )
        self._tokens = encoder.encode(PROMPT).tokens, encoder.encode("").tokens
        self._encode = lambda: (encoder.encode(PROMPT).tokens, encoder.encode("").tokens)
        self.pipe = StableDiffusionPipeline(
            vae=vae.module, text_encoder=None, tokenizer=None, unet=denoiser.module, scheduler=scheduler,
            safety_checker=None, feature_extractor=None, requires_safety_checker=False,
        )  # fmt: skip
        self.pipe.set_progress_bar_config(disable=True)

    def __call__(self, seed: int) -> None:
        """Prompts to picture."""
        positive, negative = self._encode()
        self.pipe(
            prompt_embeds=positive, negative_prompt_embeds=negative, num_inference_steps=STEPS, guidance_scale=CFG,
            height=SIDE, width=SIDE, output_type="pt", generator=torch.Generator().manual_seed(seed),
        )  # fmt: skip


def in_turn(first: Callable[[int], None], second: Callable[[int], None], runs: int) -> tuple[list[float], list[float]]:
    """CPU seconds of two kinds of work, A B A B ..., each with a number of its own."""
    spent: tuple[list[float], list[float]] = ([], [])
    for i in range(-1, runs):
        for work, times in zip((first, second), spent, strict=True):
            began = time.process_time()
            work(1000 + i)
            if i >= 0:
                times.append(time.process_time() - began)
    return spent


def text_to_image(runs: int) -> None:
    """P1."""
    with tempfile.TemporaryDirectory() as home, Services.open(Settings.load(home=Path(home))) as services:
        file = services.files.resolve("checkpoints", CHECKPOINT)
        family = services.host.family(file)

        def engine(seed: int) -> None:
            services.store.clear()
            done = services.run(document(seed), targets=["decode"], on_event=lambda event: None)
            if done.error is not None:
                raise done.error

        with ExitStack() as held:
            recipes: list[Recipe] = [Model(file, family), Clip(file, family), Vae(file, family)]
            denoiser, encoder, vae = (held.enter_context(services.host.use(r)) for r in recipes)
            pipeline = Pipeline(denoiser, encoder, vae)
            ours, theirs = in_turn(engine, pipeline, runs)
            ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
            denoiser.module = pipeline.pipe.unet = Nothing(denoiser.module)
            bare, base = in_turn(engine, pipeline, 4 * runs)
        extra = statistics.median(a - b for a, b in zip(bare, base, strict=True)) * 1000
        what = f"text to image, {STEPS} steps, {SIDE} px, engine over the diffusers pipeline"
        record("P1", what, "1.02; 5 ms over a fake U-Net",
               f"{ratio:.3f}; {extra:+.1f} ms", ratio <= 1.02 and extra <= 5,
               {"engine": f"{statistics.median(ours):.3f} s CPU", "pipeline": f"{statistics.median(theirs):.3f} s CPU",
                "engine, fake U-Net": f"{statistics.median(bare) * 1000:.1f} ms",
                "pipeline, fake U-Net": f"{statistics.median(base) * 1000:.1f} ms"})  # fmt: skip


class Idle:
    """A denoiser whose network does nothing."""

    def __init__(self, real: Any) -> None:
        self.sampling, self.latent, self.device, self.dtype = real.sampling, real.latent, real.device, real.dtype
        self.family = real.family
        self.prediction = {"v": "v_prediction", "eps": "epsilon"}[real.sampling.prediction]

    def predict(self, x: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        """x itself."""
        return x


def ours_a_step(sampler: str, denoiser: Any, count: int, width: int = 128) -> float:
    """CPU seconds of one step of our sampler, with a report at every step."""
    tokens = torch.zeros(1, 77, width)
    positive, negative = Conditioning((Prompt(tokens),)), Conditioning((Prompt(tokens + 1),))
    latent, steps = Latent(torch.zeros(1, 4, 16, 16)), []
    began = time.process_time()
    sample(denoiser, positive, negative, latent, sampler=sampler, steps=count, cfg=CFG,
           on_step=lambda done, total, x: steps.append(done))  # type: ignore[arg-type]  # fmt: skip
    return (time.process_time() - began) / len(steps)


def theirs_a_step(sampler: str, count: int, prediction: str) -> float:
    """CPU seconds of one step as diffusers' pipeline does it, over a network that does nothing.

    prediction: as of the model of ours, "epsilon" or "v_prediction": what follows from it is a part of the step.
    """
    from diffusers import DPMSolverMultistepScheduler, EulerDiscreteScheduler

    kind = {"euler": EulerDiscreteScheduler, "dpmpp_2m": DPMSolverMultistepScheduler}[sampler]
    scheduler = kind(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", prediction_type=prediction)
    scheduler.set_timesteps(count)
    x = torch.randn(1, 4, 16, 16) * scheduler.init_noise_sigma
    began = time.process_time()
    with torch.no_grad():
        for t in scheduler.timesteps:
            both = scheduler.scale_model_input(torch.cat([x, x]), t)
            uncond, cond = both.chunk(2)
            x = scheduler.step(uncond + CFG * (cond - uncond), t, x, return_dict=False)[0]
    return (time.process_time() - began) / count


def steps(runs: int, count: int = 500) -> None:
    """P2."""
    with tempfile.TemporaryDirectory() as home, Services.open(Settings.load(home=Path(home))) as services:
        file = services.files.resolve("checkpoints", CHECKPOINT)
        with services.host.use(Model(file, services.host.family(file))) as real:
            idle = Idle(real)
            said, met = {}, True
            for sampler in ("euler", "dpmpp_2m"):
                pairs = [
                    (ours_a_step(sampler, idle, count), theirs_a_step(sampler, count, idle.prediction))
                    for _ in range(runs + 1)
                ][1:]
                ours, theirs = (statistics.median(each) * 1e6 for each in zip(*pairs, strict=True))
                said[sampler] = f"{ours:.0f} us, diffusers {theirs:.0f} us"
                met = met and ours <= theirs + 10
    record("P2", "a sampler's step with progress, no network", "diffusers + 10 us",
           "; ".join(f"{k} {v}" for k, v in said.items()), met, said)  # fmt: skip


def main() -> None:
    """Measure and write the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    torch.set_num_threads(1)
    text_to_image(runs)
    steps(runs)


if __name__ == "__main__":
    main()
