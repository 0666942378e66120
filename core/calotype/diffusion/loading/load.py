"""One door: a recipe becomes a module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from calotype.diffusion.changes.table import changed
from calotype.diffusion.control import SteeringModel
from calotype.diffusion.denoiser import Denoiser
from calotype.diffusion.families import autoencoders, controls, unions
from calotype.diffusion.families.base import Prediction
from calotype.diffusion.layouts.take import Take
from calotype.diffusion.loading import build, experts
from calotype.diffusion.loading.job import Dtype, Job, PathOf
from calotype.diffusion.loading.patched import filled
from calotype.diffusion.loading.seeing import KINDS as SEEING
from calotype.diffusion.loading.seeing import load_seeing, seeing_size
from calotype.diffusion.loading.tensors import Shared
from calotype.diffusion.loading.texts import text_encoder
from calotype.diffusion.text.encoder import TextEncoder
from calotype.diffusion.upscale import Upscaler, load_upscaler, upscaler_size
from calotype.diffusion.vae import Autoencoder
from calotype.diffusion.vision.encoder import VisionEncoder
from calotype.diffusion.vision.style import StyleEncoder
from calotype.errors import ModelError
from calotype.types import Recipe

if TYPE_CHECKING:
    from calotype.diffusion.sampling.parameterization import ModelSampling

Loaded = Denoiser | TextEncoder | Autoencoder | SteeringModel | Upscaler | VisionEncoder | StyleEncoder

V_BIAS = 0.09  # standard deviation above which an SD 2.x U-Net predicts v


def load(
    recipe: Recipe,
    path_of: PathOf,
    device: torch.device,
    dtype: Dtype = None,
    shared: Shared | None = None,
    home: torch.device | None = None,
    narrow: bool = False,
) -> Loaded:
    """The module of a recipe on a device, with its patches.

    dtype: of weights and computation; None for what suits the device (float32 on a CPU), "file" for that of the file,
    which on a CPU maps the file without copying. shared: where modules of the same file meet.
    home: where weights are read to, when something else brings them to the device. narrow: whether the layers of a
    denoiser or ControlNet keep their weights in 8 bits.
    Raises ModelError, FamilyMismatch.
    """
    if recipe.part == "upscale_model":
        return load_upscaler(recipe, path_of, torch.device(device), home)
    if recipe.part in SEEING:
        return load_seeing(recipe, path_of, torch.device(device), dtype, shared, home)
    job = Job.of(recipe, path_of, torch.device(device), dtype, shared or Shared(), home, narrow)
    match recipe.part:
        case "denoiser":
            return changed(denoiser(job), recipe)
        case "text_encoder":
            return text_encoder((job, *job.others()))
        case "vae":
            return vae(job)
        case "controlnet":
            return control(job)
    raise ModelError(f"a recipe for a {recipe.part or 'nameless part'} cannot be loaded.")


def size_of(recipe: Recipe, path_of: PathOf, device: torch.device, dtype: Dtype = None, narrow: bool = False) -> int:
    """The bytes that `load` will need, from the header alone; of patches a second network alone counts.

    Raises ModelError.
    """
    if recipe.part == "upscale_model":
        return upscaler_size(recipe, path_of)
    if recipe.part in SEEING:
        return seeing_size(recipe, path_of, torch.device(device), dtype)
    job = Job.of(recipe, path_of, torch.device(device), dtype, Shared(), narrow=narrow)
    total = 0
    for one in (job, *job.others()):
        for part in one.parts():
            takes = one.takes(part)
            total += sum(map(one.types(takes).size, takes.values()))
    seconds = [p.other for p in recipe.patches if p.kind == experts.PATCH and p.other is not None]
    return total + sum(size_of(one, path_of, device, dtype, narrow) for one in seconds)


def denoiser(job: Job) -> Denoiser:
    """The network with its parameterisation."""
    takes = job.takes(job.parts()[0])
    module, network = experts.network_of(job, takes), job.family.network
    forward = network.forward if network is not None else None
    levels, latent = sampling(job, takes), job.family.latent
    made = Denoiser(job.family.name, module, levels, latent, job.device, job.dtype(takes), forward)
    if network is not None and network.listens:
        made.listens = takes[network.listens].shape[-1]
    made.below = experts.below(job)
    return made


def sampling(job: Job, takes: dict[str, Take]) -> ModelSampling:
    """What the network predicts: as a patch says, else the file, else its family."""
    from calotype.diffusion.sampling.parameterization import ModelSampling

    if job.family.network is not None:
        flow = job.family.network.flow(takes)
        return ModelSampling.flow(flow.shift, flow.multiplier, flow.steps)
    said = {k: v for p in job.recipe.patches if p.kind == "sampling" for k, v in p.settings}
    prediction = said.get("prediction") or job.found.prediction or trained_for(job, takes)
    return ModelSampling.discrete(prediction, bool(said.get("zero_snr", job.found.zero_terminal_snr)))  # type: ignore[arg-type]


def trained_for(job: Job, takes: dict[str, Take]) -> Prediction:
    """The prediction of a silent file: the two SD 2.x trainings differ in one bias, by which all tell them."""
    mark = takes.get("up_blocks.3.attentions.2.transformer_blocks.0.norm1.bias")
    if job.family.name != "sd2" or mark is None:
        return job.family.prediction
    values = job.reader(None).raw(mark).float()
    return "v" if float(values.std(unbiased=False)) > V_BIAS else "eps"


def vae(job: Job) -> Autoencoder:
    """The autoencoder."""
    part = job.parts()[0]
    takes = job.takes(part)
    module = filled(job, job.built(build.vae, takes, part.layout), takes)
    wrapper = build.class_of(autoencoders.kind_of(part.layout).wrapper)
    return wrapper(job.family.name, module, job.device, job.dtype(takes))


def control(job: Job) -> SteeringModel:
    """A network that steers."""
    part = job.parts()[0]
    kind = controls.kind_of(part.layout)
    takes = job.takes(part)
    module = filled(job, job.built(build.control, takes, job.family, kind), takes)
    wrapper = build.class_of(kind.wrapper)
    facts = {**kind.facts(job.header), **unions.mode_said(job.recipe, job.header.path.name, takes)}
    return wrapper(job.family.name, module, job.device, job.dtype(takes), facts)
