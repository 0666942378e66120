"""What is written of a model, and how it is called in the file: as the family's checkpoints have it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import torch

from calotype.diffusion.families.autoencoders import KL, kind_of
from calotype.diffusion.families.base import Slot
from calotype.diffusion.families.inspect import Part
from calotype.diffusion.families.texts import CLIP
from calotype.diffusion.gguf import BLOCKS
from calotype.diffusion.layouts import back, clip, unet, vae
from calotype.diffusion.layouts.take import Take, Takes
from calotype.diffusion.loading.experts import PATCH as SECOND
from calotype.diffusion.loading.job import Job, PathOf
from calotype.diffusion.loading.patched import Place
from calotype.diffusion.loading.seats import Voice, voices_of
from calotype.diffusion.loading.tensors import DTYPES, Shared
from calotype.diffusion.loading.texts import refuse_incomplete
from calotype.diffusion.text import vocabulary
from calotype.errors import ModelError
from calotype.types import Clip, Model, Recipe, Vae

Numbers = Literal["stored", "float32", "bfloat16", "float16"]
"""The number format of a file: that in which each weight is stored where it comes from, or one for all."""

FORMATS = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
DENOISER, AUTOENCODER, LATER_AUTOENCODER = "model.diffusion_model.", "first_stage_model.", "vae."
ENCODERS = {
    "sd1": ("cond_stage_model.transformer.",),
    "sd2": ("cond_stage_model.model.",),
    "sdxl": ("conditioner.embedders.0.transformer.", "conditioner.embedders.1.model."),
    "sdxl-refiner": ("conditioner.embedders.0.model.",),
}
"""Family -> what stands before the names of its text encoders in a checkpoint, where that is not their own name."""
OPEN = ".model."  # how those end that are followed by OpenCLIP's names
WEIGHTS = frozenset({"lora", "merge", "attention"})
"""The kinds of patches that change weights."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """One part of a model on its way into a file.

    takes: its tensors, from the file that they come from; written: the same, as taken from the file that is written;
    prefix: of the names there; place: which of how many text encoders; name: of that encoder, for a file of its own.
    """

    job: Job
    takes: dict[str, Take]
    written: Takes
    prefix: str
    place: Place = (0, 1)
    name: str = ""

    def tensors(self) -> dict[str, list[str]]:
        """Each tensor of the file, without prefix -> the module's tensors that are its rows, in order."""
        found: dict[str, list[str]] = {}
        for name in sorted(self.written, key=lambda one: self.written[one].rows or (0, 0)):
            found.setdefault(self.written[name].source.name, []).append(name)
        return found

    def dtype(self, name: str, numbers: Numbers) -> torch.dtype:
        """The type in which a module's tensor is written. Whole numbers stay; what has a scale gets 16 bits."""
        take = self.takes[name]
        stored, blocks = DTYPES[take.source.dtype], take.source.dtype in BLOCKS
        if not stored.is_floating_point and not blocks:
            return stored
        if numbers != "stored":
            return FORMATS[numbers]
        changes = any(patch.kind in WEIGHTS for patch in self.job.recipe.patches)
        return torch.bfloat16 if blocks or take.scale or (changes and stored.itemsize == 1) else stored


def checkpoint_parts(model: Model, clip: Clip, vae: Vae, path_of: PathOf) -> list[Leaving]:
    """A whole checkpoint. Raises ModelError for a family that has none with such names."""
    found = model_parts(model, path_of)
    if not found[0].prefix:
        name, title = found[0].job.header.path.name, found[0].job.family.title
        raise ModelError(
            f"{name} names its tensors as diffusers does, and no checkpoint of {title} has such names. Save the model, "
            "the text encoders and the VAE in files of their own: SaveModel, SaveClip, SaveVAE."
        )
    family = found[0].job.family
    older = family.network is None or family.name == "sd3"
    autoencoder = vae_parts(vae, path_of, AUTOENCODER if older else LATER_AUTOENCODER)
    return [*found, *text_parts(clip, path_of, family.name), *autoencoder]


def model_parts(model: Model, path_of: PathOf) -> list[Leaving]:
    """A denoiser: a U-Net under the original code's names, another as its file has it. Raises ModelError."""
    job = _job(model, path_of)
    if len(job.parts()) > 1 or any(patch.kind == SECOND for patch in model.patches):
        raise ModelError(f"{job.header.path.name}: the two networks of {job.family.title} are saved one by one.")
    part = job.parts()[0]
    takes, network = job.takes(part), job.family.network
    if network is None:
        return [Leaving(job, takes, back.taken(takes, back.unet_tensors, unet.takes_ldm), DENOISER)]
    usual = network.layouts[0].name == part.layout
    return [Leaving(job, takes, _bare(takes, part), DENOISER if usual else "")]


def text_parts(recipe: Clip, path_of: PathOf, within: str = "") -> list[Leaving]:
    """The text encoders, each a part, and behind it its vocabulary, of the same name, if its file has it.

    within: the family of the checkpoint that they are for. Raises ModelError.
    """
    job = _job(recipe, path_of)
    jobs = (job, *job.others())
    slots, voices = job.family.text, voices_of(jobs)
    if within:
        refuse_incomplete(jobs, slots, voices)
    found = []
    for i, (slot, voice) in enumerate(zip(slots, voices, strict=True)):
        if voice is not None:
            prefix = _encoder_prefix(within, slot, i) if within else ""
            takes = voice.job.takes(voice.part)
            written = _encoder(takes, voice.part, voice.kind, prefix)
            found.append(Leaving(voice.job, takes, written, prefix, (i, len(slots)), slot.name))
            found += _vocabulary(voice, slot, bool(within))
    return found


def _vocabulary(voice: Voice, slot: Slot, within: bool) -> list[Leaving]:
    """The vocabulary that is in an encoder's file, where ComfyUI looks for it."""
    inside = vocabulary.inside(voice.job.header, voice.part.prefix)
    if not inside:
        return []
    plain = replace(voice.job, recipe=replace(voice.job.recipe, patches=()))
    takes = {name: Take(replace(info, name=name)) for name, info in inside.items()}
    read = {name: Take(info) for name, info in inside.items()}
    return [Leaving(plain, read, takes, vocabulary.ENCODERS if within else "", name=slot.name)]


def vae_parts(recipe: Vae, path_of: PathOf, prefix: str = "") -> list[Leaving]:
    """An autoencoder: of the KL family under the original code's names, another as its file has it."""
    job = _job(recipe, path_of)
    part = job.parts()[0]
    takes = job.takes(part)
    usual = kind_of(part.layout) is KL
    written = back.taken(takes, back.vae_tensors, vae.takes_ldm) if usual else _bare(takes, part)
    return [Leaving(job, takes, written, prefix)]


def _job(recipe: Recipe, path_of: PathOf) -> Job:
    return Job.of(recipe, path_of, torch.device("cpu"), "file", Shared())


def _encoder_prefix(family: str, slot: Slot, index: int) -> str:
    known = ENCODERS.get(family, ())
    return known[index] if known else f"text_encoders.{slot.name}.transformer."


def _encoder(takes: Takes, part: Part, kind: str, prefix: str) -> Takes:
    if kind != CLIP.name:
        return _bare(takes, part)
    if prefix.endswith(OPEN):
        return back.taken(takes, back.openclip_tensors, clip.takes_openclip)
    return back.taken(takes, back.clip_tensors, clip.takes_transformers)


def _bare(takes: Takes, part: Part) -> Takes:
    """The tensors as their file has them, but for what stands before their names."""
    return {
        name: replace(take, source=replace(take.source, name=take.source.name.removeprefix(part.prefix)))
        for name, take in takes.items()
    }
