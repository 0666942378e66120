"""What a LoRA file names that the models it is put on do not have, and whether the rest is of their size."""

from __future__ import annotations

from math import prod

import torch

from calotype.diffusion.header import Header, read_header
from calotype.diffusion.layouts.take import Takes
from calotype.diffusion.loading.job import Job, PathOf
from calotype.diffusion.loading.patched import refuse_useless, unfit
from calotype.diffusion.loading.seats import Voice, seated
from calotype.diffusion.loading.tensors import Shared
from calotype.diffusion.lora import Reach, content, reach
from calotype.types import Clip, FileRef, Model

SHOWN = 3  # names in the message


def unknown_said(lora: FileRef, path_of: PathOf, model: Model | None, clip: Clip | None) -> str:
    """One sentence with the number of modules that are in none of the models, and some of them; "" where all are.

    What is meant for a model that is not given is not looked for. Reads headers only. Raises ModelError, also for a
    LoRA that reaches nothing, or that was made for a wider or a narrower model.
    """
    header, shared = read_header(path_of(lora)), Shared()
    found = content(header)
    unknown = list(found.others)
    if model is not None:
        job = Job.of(model, path_of, torch.device("cpu"), None, shared)
        takes = job.takes(job.parts()[0])
        reached = reach(header, "denoiser", takes, job.family)
        refuse_useless(reached, header, job, (0, 1))
        refuse_unfit(reached, header, job, takes)
        unknown += reached.unknown
    if clip is not None:
        job = Job.of(clip, path_of, torch.device("cpu"), None, shared)
        slots = job.family.text
        voices = seated([Voice(one, part) for one in (job, *job.others()) for part in one.parts()], slots)
        for i, voice in enumerate(voices):
            if voice is not None:
                takes = voice.job.takes(voice.part)
                reached = reach(header, "text_encoder", takes, job.family, i, len(slots))
                refuse_unfit(reached, header, voice.job, takes)
                unknown += reached.unknown
    if not unknown:
        return ""
    some = ", ".join(map(repr, unknown[:SHOWN])) + (", ..." if len(unknown) > SHOWN else "")
    return (
        f"{header.path.name}: {len(unknown)} of its {len(found.adapters)} changes are for nothing in the model: {some}"
    )


def refuse_unfit(reached: Reach, lora: Header, job: Job, takes: Takes) -> None:
    """Raise ModelError unless the matrices of a LoRA are as wide and as high as the weights that they change."""
    for adapter, target in reached.changes:
        up, down = adapter.tensors.get("up"), adapter.tensors.get("down")
        if up is None or down is None or "mid" in adapter.tensors or any(t and t.transpose for _, t in target.weights):
            continue
        shapes = [takes[name].shape for name in target.names]
        made, wanted = (up.shape[0], prod(down.shape[1:])), (sum(s[0] for s in shapes), prod(shapes[0][1:]))
        if prod(made) != prod(wanted):
            where, there = " x ".join(map(str, made)), " x ".join(map(str, wanted))
            raise unfit(lora, job, f"it changes {adapter.module!r} as a weight of {where}, the model's is {there}.")
