"""Text encoders from one file or several, each in its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from calotype.diffusion.families import texts
from calotype.diffusion.families.base import Slot
from calotype.diffusion.loading import build
from calotype.diffusion.loading.job import Job
from calotype.diffusion.loading.patched import filled
from calotype.diffusion.loading.seats import Voice, voices_of
from calotype.diffusion.text.encoder import TextEncoder
from calotype.diffusion.text.model import TextModel
from calotype.errors import ModelError


def text_encoder(jobs: Sequence[Job]) -> TextEncoder:
    """All text encoders of a recipe's files. Raises ModelError when they are not those that its family listens to."""
    first, slots = jobs[0], jobs[0].family.text
    voices = voices_of(jobs)
    refuse_incomplete(jobs, slots, voices)
    encoders: list[TextModel | None] = []
    for i, (slot, voice) in enumerate(zip(slots, voices, strict=True)):
        encoders.append(loaded(voice, slot, (i, len(slots))) if voice else None)
    if first.family.network is None:
        refuse_mixed(first, sum(one.width for one in encoders if one))
    names = [slot.name for slot in slots]
    return TextEncoder(first.family.name, encoders, first.device, clip_skip(first), first.family.join, names)


def refuse_incomplete(jobs: Sequence[Job], slots: Sequence[Slot], voices: Sequence[Voice | None]) -> None:
    """Raise when an encoder lacks that the family cannot do without, saying which."""
    lacking = [slot for slot, voice in zip(slots, voices, strict=True) if voice is None and not slot.optional]
    if not lacking:
        return
    names = " and ".join(job.header.path.name for job in jobs)
    has = sum(voice is not None for voice in voices)
    said = f"{names} has {has} of the {len(slots)} text encoders that {jobs[0].family.title} needs"
    missing = " and ".join(slot.title for slot in lacking)
    raise ModelError(f"{said}; missing: {missing}. Name a file that has it too, in a loader for several files.")


def loaded(voice: Voice, slot: Slot, place: tuple[int, int]) -> TextModel:
    """One encoder with its weights and its vocabulary."""
    job, takes = voice.job, voice.job.takes(voice.part)
    if texts.KINDS[voice.kind].overflows and job.dtype(takes) == torch.float16:
        job = replace(job, asked=torch.bfloat16)
    encoder: TextModel = filled(job, job.built(build.text, takes, slot), takes, place)
    encoder.finish(job.header, voice.part.prefix, job.home)
    return encoder


def refuse_mixed(job: Job, width: int) -> None:
    """Raise when the U-Net in the same file listens to features of another width."""
    heard = next((i.shape[-1] for n, i in job.header.tensors.items() if n.endswith(".attn2.to_k.weight")), width)
    if heard != width:
        raise ModelError(
            f"{job.header.path.name} mixes models: its U-Net listens to {heard} features, its text encoder gives "
            f"{width}."
        )


def clip_skip(job: Job) -> int | None:
    """The layer at which a patch stops the encoders."""
    said = [dict(p.settings)["stop_at_layer"] for p in job.recipe.patches if p.kind == "clip_skip"]
    return int(said[-1]) if said else None
