"""What a LoRA file names that the models it is put on do not have."""

from __future__ import annotations

import torch

from calotype.diffusion.header import read_header
from calotype.diffusion.loading.job import Job, PathOf
from calotype.diffusion.loading.seats import Voice, seated
from calotype.diffusion.loading.tensors import Shared
from calotype.diffusion.lora import content, reach
from calotype.types import Clip, FileRef, Model

SHOWN = 3  # names in the message


def unknown_said(lora: FileRef, path_of: PathOf, model: Model | None, clip: Clip | None) -> str:
    """One sentence with the number of modules that are in none of the models, and some of them; "" where all are.

    What is meant for a model that is not given is not looked for. Reads headers only. Raises ModelError.
    """
    header, shared = read_header(path_of(lora)), Shared()
    found = content(header)
    unknown = list(found.others)
    if model is not None:
        job = Job.of(model, path_of, torch.device("cpu"), None, shared)
        unknown += reach(header, "denoiser", job.takes(job.parts()[0]), job.family).unknown
    if clip is not None:
        job = Job.of(clip, path_of, torch.device("cpu"), None, shared)
        slots = job.family.text
        voices = seated([Voice(one, part) for one in (job, *job.others()) for part in one.parts()], slots)
        for i, voice in enumerate(voices):
            if voice is not None:
                takes = voice.job.takes(voice.part)
                unknown += reach(header, "text_encoder", takes, job.family, i, len(slots)).unknown
    if not unknown:
        return ""
    some = ", ".join(map(repr, unknown[:SHOWN])) + (", ..." if len(unknown) > SHOWN else "")
    return (
        f"{header.path.name}: {len(unknown)} of its {len(found.adapters)} changes are for nothing in the model: {some}"
    )
