"""Narrow models of three families, and text to image with them on a device of so many bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.diffusion.conftest import control_shapes, lora_shapes, saved, sd1_shapes, sdxl_shapes, under, unet_shapes
from tests.diffusion.flow.conftest import flux_checkpoint

from calotype.diffusion.loading import open_pool
from calotype.diffusion.sampling import sample
from calotype.pool import Pool
from calotype.pool.simulated import Simulated
from calotype.types import Clip, Conditioning, FileRef, Latent, Model, Vae

CHANNELS = {"sd1": 4, "sdxl": 4, "flux": 16}


@dataclass
class Trial:
    """A picture that was made on a simulated device, and what was told."""

    device: Simulated
    pool: Pool
    latent: torch.Tensor
    picture: torch.Tensor
    told: list[Any] = field(default_factory=list)

    def of(self, what: str) -> list[Any]:
        return [one for one in self.told if one.what == what]

    def how(self) -> dict[str, str]:
        return {one.part: one.how for one in self.of("placed")}


class Bench:
    """Makes pictures on simulated devices."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._words: dict[str, tuple[Conditioning, Conditioning]] = {}

    def pool(self, device: Simulated, **how: Any) -> Pool:
        return open_pool(lambda file: self.folder / file.name, device=device, dtype=torch.float32, **how)

    def paint(
        self,
        family: str,
        limit: int,
        *,
        side: int = 8,
        batch: int = 1,
        device: Any = None,
        decode: bool = True,
        fault: Any = None,
        **how: Any,
    ) -> Trial:
        device = device or Simulated(limit)
        told: list[Any] = []
        pool = how.pop("pool", None) or self.pool(device, **how)
        file = file_of(family)
        with pool.use(Clip(file, family), told.append) as encoder:
            cat, nothing = (Conditioning((encoder.encode(text),), family) for text in ("a (cat:1.2)", ""))
        empty = Latent(torch.zeros(batch, CHANNELS[family], side, side))
        with pool.use(Model(file, family), told.append) as denoiser:
            device.fault = fault
            latent = sample(denoiser, cat, nothing, empty, steps=2, seed=1, cfg=3.0, sampler="euler_ancestral").latent
            device.fault = None
        if not decode:
            return Trial(device, pool, latent.samples, latent.samples, told)
        with pool.use(Vae(file, family), told.append) as vae:
            picture = vae.decode(latent.samples)
        return Trial(device, pool, latent.samples, picture, told)

    def words(self, family: str) -> tuple[Conditioning, Conditioning]:
        """Two prompts of a family, encoded once."""
        if family not in self._words:
            with self.pool(Simulated(10**10)).use(Clip(file_of(family), family)) as encoder:
                cat, nothing = (Conditioning((encoder.encode(text),), family) for text in ("a (cat:1.2)", ""))
            self._words[family] = (cat, nothing)
        return self._words[family]

    def denoise(
        self,
        family: str,
        pool: Pool,
        *,
        recipe: Any = None,
        words: Any = None,
        steps: int = 2,
        batch: int = 1,
        side: int = 8,
        **how: Any,
    ) -> tuple[torch.Tensor, list[Any]]:
        """A latent, and what was told. how: arguments of `sample`."""
        told: list[Any] = []
        empty = Latent(torch.zeros(batch, CHANNELS[family], side, side))
        said = {"seed": 1, "cfg": 3.0, "sampler": "euler_ancestral"} | how
        with pool.use(recipe or Model(file_of(family), family), told.append) as denoiser:
            return sample(denoiser, *(words or self.words(family)), empty, steps=steps, **said).latent.samples, told


class Faults:
    """Has a device refuse so many tensors of at least `least` bytes while models compute."""

    def __init__(self, device: Simulated, times: int, least: int = 1) -> None:
        self.device, self.left, self.least = device, times, least

    def __call__(self, size: int) -> None:
        if size >= self.least and self.left > 0:
            self.left -= 1
            self.device.refused += 1
            raise torch.OutOfMemoryError("injected")


def file_of(family: str) -> FileRef:
    return FileRef("checkpoints", f"{family}.safetensors")


LORA, CONTROL = FileRef("loras", "lora.safetensors"), FileRef("controlnet", "control.safetensors")
TOUCHED = {"lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_k": (64, 64)}


@pytest.fixture(scope="session")
def bench(tmp_path_factory) -> Bench:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("budgets")
    shapes = {"sd1": sd1_shapes(), "sdxl": sdxl_shapes(), "flux": flux_checkpoint()}
    for family, tensors in shapes.items():
        saved(folder / f"{family}.safetensors", tensors)
    saved(folder / LORA.name, lora_shapes(TOUCHED))
    saved(folder / CONTROL.name, under("control_model", control_shapes(unet_shapes())))
    return Bench(folder)
