"""Differences between models as LoRAs: each matrix by its largest singular values, or whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import BinaryIO

import numpy as np
import torch
from torch import Tensor

from calotype.diffusion.loading.job import PathOf
from calotype.diffusion.saving.files import Entry, OnStep, begin, computed, entries_of, joined, placed, put
from calotype.diffusion.saving.leaving import DENOISER, Leaving, model_parts, text_parts
from calotype.types import Clip, Model

QUANTILE = 0.99  # of all numbers of both matrices; what is larger is cut off, as kohya and ComfyUI do
WHOLE, BIAS, UP, DOWN = ".diff", ".diff_b", ".lora_up.weight", ".lora_down.weight"


def lora_parts(model: Model | None, clip: Clip | None, path_of: PathOf) -> list[Leaving]:
    """The parts of a LoRA, under the names that one of each family's original code has. Raises ModelError."""
    found = []
    if model is not None:
        (part,) = model_parts(model, path_of)
        found.append(replace(part, prefix="diffusion_model." if part.prefix == DENOISER else "transformer."))
    texts = text_parts(clip, path_of) if clip is not None else []
    return found + [replace(part, prefix=f"text_encoders.{part.name}.transformer.") for part in texts]


def write_lora(
    parts: Sequence[Leaving],
    file: BinaryIO,
    metadata: Mapping[str, str],
    *,
    rank: int,
    whole: bool = False,
    biases: bool = True,
    device: torch.device | None = None,
    on_step: OnStep = lambda done, total: None,
) -> None:
    """Write what parts of models hold, which are differences, as one LoRA in float16. file: empty, and able to seek.

    rank: singular values of a matrix that are kept, at most; whole: all of it instead. biases: whether vectors are
    written too. device: where singular values are computed. Raises ModelError, OSError.
    """
    weights = [entry for part in parts for entry in entries_of(part, "float32")]
    made = {entry.name: list(_made(entry, rank, whole, biases)) for entry in weights}
    every = placed([one for entries in made.values() for one in entries])
    start, places = begin(file, every, metadata), {entry.name: entry.begin for entry in every}
    for entry, values in computed([entry for entry in weights if made[entry.name]], on_step):
        difference = joined(entry, values)
        found = [difference]
        if len(made[entry.name]) == 2:
            found = list(halves(difference.to(device or difference.device), made[entry.name][0].shape[1]))
        for one, tensor in zip(made[entry.name], found, strict=True):
            put(file, start + places[one.name], tensor.cpu().reshape(one.shape).half())


def _made(entry: Entry, rank: int, whole: bool, biases: bool) -> Iterator[Entry]:
    """What becomes of one weight: two matrices, its difference, or nothing."""
    module, _, leaf = entry.name.rpartition(".")
    half = replace(entry, dtype=torch.float16)
    vector = len(entry.shape) < 2
    if leaf == "bias":
        yield from [replace(half, name=module + BIAS)] if biases else []
    elif leaf == "weight" and (whole or (vector and biases)):
        yield replace(half, name=module + WHOLE)
    elif leaf == "weight" and not vector:
        kept, ones = min(rank, entry.shape[0], prod(entry.shape[1:])), (1,) * len(entry.shape[2:])
        yield replace(half, name=module + UP, shape=(entry.shape[0], kept, *ones))
        yield replace(half, name=module + DOWN, shape=(kept, *entry.shape[1:]))


def halves(difference: Tensor, rank: int) -> tuple[Tensor, Tensor]:
    """(up, down), (O, r) and (r, I ...): up down is the nearest matrix of rank r (Eckart and Young 1936), but for what
    is cut off. difference: (O, I, ...) in float32.
    """
    flat = difference.reshape(difference.shape[0], prod(difference.shape[1:]))
    left, values, right = torch.linalg.svd(flat, full_matrices=False)
    up, down = left[:, :rank] * values[:rank], right[:rank]
    both = torch.cat([up.flatten(), down.flatten()]).cpu().numpy()
    limit = float(np.quantile(both, QUANTILE))
    if limit <= 0:  # hardly any is positive: the signs of singular vectors are arbitrary
        limit = float(np.abs(both).max())
    return up.clamp(-limit, limit), down.clamp(-limit, limit)
