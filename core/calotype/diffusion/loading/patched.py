"""Weights as the patches of a recipe leave them: LoRAs and merged models, in order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from calotype.diffusion.changes.weights import attention_scaled
from calotype.diffusion.families import FAMILIES
from calotype.diffusion.families.base import Family
from calotype.diffusion.families.inspect import Found, inspect_header
from calotype.diffusion.header import Header
from calotype.diffusion.layouts.take import Take
from calotype.diffusion.loading.blocks import Blocks
from calotype.diffusion.loading.job import Job
from calotype.diffusion.loading.merging import count_layers, merged, weights_of
from calotype.diffusion.loading.narrow import narrowed
from calotype.diffusion.loading.seats import voices_of
from calotype.diffusion.loading.stored import cast
from calotype.diffusion.loading.tensors import Reader, assign, refuse_unfit, shapes_of, stored_dtype
from calotype.diffusion.lora import Reach, adapt, reach
from calotype.errors import FamilyMismatch, ModelError
from calotype.types import Patch

M = TypeVar("M", bound=nn.Module)
Parameters = dict[str, nn.Parameter]
Takes = dict[str, Take]
Place = tuple[int, int]
"""Which of how many text encoders; (0, 1) for other parts."""


def filled(job: Job, module: M, takes: Takes, place: Place = (0, 1)) -> M:
    """A module without memory with its tensors, and the recipe's patches of weights in them. Raises ModelError."""
    named: Any = getattr(module, "named", str)
    given = {named(k): take.shape for k, take in takes.items()}
    refuse_unfit(shapes_of(module), given, job.header.path.name, job.family.title)
    types = job.types(takes)
    reader = job.reader(types)
    read, scales = reader.read(takes), reader.scales(takes)
    parameters = narrowed(job, module, takes, read, patched(job, read, takes, scales, place))
    said = {named(k): v for k, v in parameters.items()}
    assign(module, said, job.header.path.name, types.compute, {named(k): v for k, v in scales.items()})
    return module


def patched(job: Job, parameters: Parameters, takes: Takes, scales: dict[str, Tensor], place: Place) -> Parameters:
    """The tensors of a part after the patches. `scales` loses those of weights that change.

    ComfyUI keeps text encoders in half precision and so rounds what patches have changed, whatever computes: once,
    after the last of them.
    """
    rounding = _rounding(job, takes)
    changed = unrounded(job, parameters, takes, scales, place, None if rounding is None else torch.float32)
    if rounding is None:
        return changed
    return {
        name: weight
        if weight is parameters[name] or not weight.is_floating_point()
        else nn.Parameter(weight.to(rounding).to(_type(parameters[name])), requires_grad=False)
        for name, weight in changed.items()
    }


def unrounded(
    job: Job,
    parameters: Parameters,
    takes: Takes,
    scales: dict[str, Tensor],
    place: Place,
    keep: torch.dtype | None = torch.float32,
) -> Parameters:
    """The tensors after the patches: all of a part, or some blocks of it, whole.

    takes: all of the part. keep: the type of those that have changed, between patches; None for their own.
    """
    for patch in job.recipe.patches:
        if patch.kind == "lora":
            parameters = adapted(job, parameters, takes, scales, patch, place, keep)
        elif patch.kind == "merge":
            parameters = blended(job, parameters, takes, scales, patch, place, keep)
        elif patch.kind == "attention":
            parameters = attention_scaled(widened(parameters, scales), dict(patch.settings))
    return parameters


def adapted(
    job: Job,
    parameters: Parameters,
    takes: Takes,
    scales: dict[str, Tensor],
    patch: Patch,
    place: Place,
    keep: torch.dtype | None,
) -> Parameters:
    """The tensors with one LoRA more. Raises FamilyMismatch, ModelError."""
    strength = float(dict(patch.settings).get("strength", 1.0))
    if patch.file is None:
        raise ModelError("a LoRA patch without a file.")
    if strength == 0:
        return parameters
    header = job.shared.header(job.path_of(patch.file))
    refuse_other(inspect_header(header), header, job.family, job.header)
    read = Reader("", torch.device("cpu"), None, job.shared).raw
    every = reach(header, job.kind, takes, job.family, *place)
    refuse_useless(every, header, job, place)
    reached = every.within(parameters)
    wide = widened({name: parameters[name] for name in reached.weights if name in parameters}, scales)
    try:
        return adapt(parameters | wide, reached, strength, read, keep)
    except ModelError as error:
        raise unfit(header, job, str(error)) from error


def unfit(lora: Header, job: Job, why: str) -> ModelError:
    """The error for a LoRA of the right family that was made for a wider or a narrower model."""
    return ModelError(
        f"{lora.path.name} does not fit {job.header.path.name} ({job.family.title}): {why} Use a LoRA that was made "
        "for a model of this size."
    )


def blended(
    job: Job,
    parameters: Parameters,
    takes: Takes,
    scales: dict[str, Tensor],
    patch: Patch,
    place: Place,
    keep: torch.dtype | None,
) -> Parameters:
    """The tensors with a second model's, weighted. Raises FamilyMismatch, ModelError."""
    if patch.other is None:
        raise ModelError("a patch that merges without a second model.")
    other, theirs = counterpart(job, Job.of(patch.other, job.path_of, torch.device("cpu"), "file", job.shared), place)
    reader, asked = other.reader(None), {name: take for name, take in theirs.items() if name in parameters}
    their_scales = reader.scales(asked)
    mapped = widened(unrounded(other, reader.read(asked), theirs, their_scales, place), their_scales)
    try:
        shares = weights_of(dict(patch.settings), count_layers(takes), originals(job, takes))
        return merged(widened(parameters, scales), mapped, shares, keep)
    except ModelError as error:
        raise ModelError(
            f"{other.header.path.name} cannot be merged into {job.header.path.name}: {error} Use models of one size."
        ) from error


def originals(job: Job, takes: Takes) -> dict[str, str]:
    """The names of a transformer's tensors in its file, without what stands before all of them; {} for others."""
    if job.family.network is None or job.kind != "denoiser":
        return {}
    prefix = job.parts()[0].prefix
    return {name: take.source.name.removeprefix(prefix) for name, take in takes.items()}


def counterpart(job: Job, other: Job, place: Place) -> tuple[Job, Takes]:
    """The part of a second model that belongs to one of the first, and its file. Raises FamilyMismatch, ModelError."""
    found: Job | None = None
    part = other.parts()[0]
    if job.kind == "text_encoder" and other.family.text == job.family.text:  # also a lone file and a checkpoint's
        voice = voices_of((other, *other.others()))[place[0]]
        found, part = (voice.job, voice.part) if voice else (None, part)
    elif job.kind != "text_encoder" and other.family.name == job.family.name:
        found = other
    if found is None:
        raise FamilyMismatch(
            f"{other.header.path.name} ({other.found.title}) cannot be merged into {job.header.path.name} "
            f"({job.family.title}). Use a file of {job.family.title}."
        )
    return found, found.takes(part)


def widened(parameters: Mapping[str, nn.Parameter], scales: dict[str, Tensor]) -> Parameters:
    """Weights that can be added to: those in 8 bits or in blocks become bfloat16 and need no scale any more."""
    return {
        name: nn.Parameter(cast(weight, torch.bfloat16, scales.pop(name, None)), requires_grad=False)
        if isinstance(weight, Blocks) or (weight.is_floating_point() and weight.dtype.itemsize == 1)
        else weight
        for name, weight in parameters.items()
    }


def _rounding(job: Job, takes: Takes) -> torch.dtype | None:
    stored = stored_dtype(takes.values()) if job.kind == "text_encoder" else None
    return stored if stored is not None and stored.itemsize > 1 else None


def _type(weight: nn.Parameter) -> torch.dtype:
    """The type of a weight as `widened` leaves it."""
    return weight.dtype if weight.is_floating_point() and weight.dtype.itemsize > 1 else torch.bfloat16


def refuse_useless(reached: Reach, lora: Header, job: Job, place: Place) -> None:
    """Raise when a LoRA is meant for such a part and changes nothing in it. One of several encoders may be left out."""
    if reached.unknown and not reached.changes and place[1] == 1:
        raise ModelError(
            f"{lora.path.name} changes none of the weights of {job.header.path.name} ({job.family.title}); it names, "
            f"for one, {reached.unknown[0]!r}. Use a LoRA that was made for {job.family.title}."
        )


def refuse_other(found: Found, header: Header, family: Family, model: Header) -> None:
    """Raise unless a file is a LoRA, and for this family, or for one that listens to this text encoder."""
    if not found.of("lora"):
        raise ModelError(f"{header.path.name} is not a LoRA but {found.title} weights.")
    if family.alone and {slot.kind for slot in family.text} & {slot.kind for slot in FAMILIES[found.family].text}:
        return
    if found.family != family.name and {found.family, family.name} != {"sdxl", "sdxl-refiner"}:
        raise FamilyMismatch(
            f"{header.path.name} is a LoRA for {found.title}; {model.path.name} is {family.title}. Use a LoRA made for "
            f"{family.title}, or a checkpoint of the family {found.title}."
        )
