"""Denoisers in two: a network for much noise, and one for little (Wan 2.2 14B)."""

from __future__ import annotations

from torch import nn

from calotype.diffusion.layouts.take import Take
from calotype.diffusion.loading import build
from calotype.diffusion.loading.job import Job
from calotype.diffusion.loading.patched import filled
from calotype.errors import FamilyMismatch

PATCH = "below"
"""The kind of the patch that names the second: `other` its recipe, `boundary` the share of all noise below which."""

BOUNDARY = 0.875  # where nobody says


def network_of(job: Job, takes: dict[str, Take]) -> nn.Module:
    """A denoiser's network with its weights."""
    module = filled(job, job.built(build.denoiser, takes, job.family, job.header), takes)
    if job.family.network is not None:
        job.family.network.finish(module, job.home)
    return module


def below(job: Job) -> tuple[float, nn.Module] | None:
    """The timestep below which a second network computes, and that network: of a patch, else of the same folder.

    Raises FamilyMismatch for two of different families.
    """
    patch = next((p for p in reversed(job.recipe.patches) if p.kind == PATCH and p.other is not None), None)
    if patch is not None and patch.other is not None:
        asked = (job.path_of, job.device, job.asked, job.shared, job.home, job.narrow)
        second = Job.of(patch.other, *asked)
        if second.family.name != job.family.name:
            raise FamilyMismatch(
                f"{second.header.path.name} is {second.family.title}; {job.header.path.name} is {job.family.title}. "
                "Use two models that were made for each other."
            )
        share, takes = float(dict(patch.settings).get("boundary", BOUNDARY)), second.takes(second.parts()[0])
        return _timestep(job, takes, share), network_of(second, takes)
    if len(job.parts()) < 2:
        return None
    said = job.header.configs.get("model_index.json", {}).get("boundary_ratio")
    takes = job.takes(job.parts()[1])
    return _timestep(job, takes, BOUNDARY if said is None else float(said)), network_of(job, takes)


def _timestep(job: Job, takes: dict[str, Take], share: float) -> float:
    network = job.family.network
    return share * (network.flow(takes).multiplier if network else 1000.0)
