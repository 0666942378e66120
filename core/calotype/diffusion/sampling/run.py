"""Sampling from beginning to end: noise, levels, guidance, the sampler, and back to the VAE's units."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor

from calotype.diffusion.latents import LatentFormat
from calotype.diffusion.names import SamplerName, ScheduleName
from calotype.diffusion.sampling.concat import with_concat
from calotype.diffusion.sampling.guidance import Guidance, Predicts, Steers
from calotype.diffusion.sampling.guiders import Guider
from calotype.diffusion.sampling.hooks import NO_HOOKS, Hooks, Scheme, cfg_scheme
from calotype.diffusion.sampling.inpaint import Inpainting, fit_mask
from calotype.diffusion.sampling.noise import Draws
from calotype.diffusion.sampling.parameterization import ModelSampling
from calotype.diffusion.sampling.schedules import sigmas_for
from calotype.diffusion.sampling.table import FLOW_SAMPLERS, SAMPLERS, Denoiser, Sampler
from calotype.types import Conditioning, ControlNet, Direction, Latent

Report = Callable[[int, int, Tensor], None]
"""Told (steps begun, steps in all, the estimate in the model's units). May raise, which ends the sampling."""

NOTHING: Mapping[Any, Any] = MappingProxyType({})


class Sampleable(Predicts, Protocol):
    """A denoiser, as sampling needs it."""

    latent: LatentFormat


class Sampled(NamedTuple):
    """What sampling gives: the latent at the last level, and the denoiser's last estimate of the clean one."""

    latent: Latent
    denoised: Latent


def unheard(done: int, total: int, denoised: Tensor) -> None:
    """A `Report` for nobody."""


def sample(
    denoiser: Sampleable,
    positive: Conditioning,
    negative: Conditioning | None,
    latent: Latent,
    *,
    sampler: SamplerName = "euler",
    scheduler: ScheduleName = "normal",
    seed: int = 0,
    steps: int = 20,
    cfg: float = 7.0,
    denoise: float = 1.0,
    guider: Guider | None = None,
    scheme: Scheme | None = None,
    others: Sequence[Conditioning] = (),
    controls: Mapping[ControlNet, Steers] = NOTHING,
    start_step: int | None = None,
    end_step: int | None = None,
    leftover_noise: bool = False,
    add_noise: bool = True,
    sigmas: Tensor | None = None,
    options: Mapping[str, Any] = NOTHING,
    on_step: Report = unheard,
) -> Sampled:
    """Denoise a latent, guided by two conditionings.

    denoise: share of the schedule that is run; start_step, end_step: a part of its steps; leftover_noise: whether an
    early end leaves noise in the latent. sigmas: levels instead of the schedule's. guider: instead of classifier-free
    guidance with `cfg` and what patches do to it; scheme: the same, with them; others: further conditionings, between
    the two. controls: the weights of every ControlNet. options: of the sampler. The same arguments, the same latents.
    """
    sigmas = sigmas_for(denoiser.sampling, scheduler, steps, denoise, sampler) if sigmas is None else sigmas
    levels = chosen(sigmas.cpu().float(), start_step, end_step, leftover_noise)
    if len(levels) == 0:
        return Sampled(latent, latent)
    with torch.no_grad(), ExitStack() as stack:
        clean = in_models_units(denoiser, latent)
        draws = Draws.of(latent, clean.shape, seed, denoiser.device)
        said = (positive, *others, *((negative,) if negative else ()))
        hooks = put_on(denoiser, draws, stack, latent.directions)
        scheme = scheme or (None if guider or math.isclose(cfg, 1.0) else cfg_scheme(cfg))
        sides = completed(denoiser, said, clean, latent.noise_mask)
        guidance = Guidance(denoiser, sides, guider, clean.shape, controls, scheme=scheme, hooks=hooks)
        guidance.expect(levels[:-1])
        at = hooks.mask_over(denoiser.sampling, levels)
        model = masked(guidance, clean, latent.noise_mask, draws, add_noise, sampler, at)
        x, last = started(denoiser.sampling, clean, draws, levels, add_noise), LastEstimate(on_step, len(levels) - 1)
        if len(levels) > 1:
            x = sampler_of(denoiser.sampling, sampler)(model, x, levels, draws, last, **options)
        return ended(denoiser, replace(latent, directions=hooks.directions), x, last, float(levels[-1]))


def ended(denoiser: Sampleable, latent: Latent, x: Tensor, last: LastEstimate, sigma: float) -> Sampled:
    """x as it left the sampler at sigma, and the last estimate, in the VAE's units and beside what the latent says."""
    x = denoiser.sampling.unmixed(x, sigma)
    ends = (x, x if last.denoised is None else last.denoised)
    return Sampled(*(replace(latent, samples=denoiser.latent.out_of_model(end).cpu()) for end in ends))


def sampler_of(sampling: ModelSampling, name: SamplerName) -> Sampler:
    """The function of a name, for such noise levels."""
    return (FLOW_SAMPLERS if sampling.is_flow else SAMPLERS)[name]


def put_on(denoiser: Sampleable, draws: Draws, stack: ExitStack, known: tuple[Direction, ...] = ()) -> Hooks:
    """What the denoiser's patches do, its layers changed until the stack closes. known: what the latent brings."""
    made = getattr(denoiser, "hooks", None)
    hooks: Hooks = NO_HOOKS if made is None else made()
    hooks.recall(known)
    for layers in hooks.layers:
        stack.enter_context(layers())
    if hooks.drawing:
        rest = draws.rest()
        for drawing in hooks.drawing:
            stack.enter_context(drawing(rest))
    return hooks


def chosen(sigmas: Tensor, start: int | None, end: int | None, leftover_noise: bool) -> Tensor:
    """The levels from step `start` to step `end`; the last is made 0 unless noise shall be left over.

    None from the last on; a single one means that the latent is brought to it, without a step.
    A level that stands twice is no step. Raises ValueError for levels that no sampler can start a step from.
    """
    if end is not None and end < len(sigmas) - 1:
        sigmas = sigmas[: end + 1].clone()
        if not leftover_noise:
            sigmas[-1] = 0
    if start is not None:
        sigmas = sigmas[start:] if start < len(sigmas) - 1 else sigmas[:0]
    sigmas = sigmas.unique_consecutive()
    if not bool((sigmas[:-1] > 0).all()):
        raise ValueError(f"every noise level but the last must be above 0; these are {sigmas.tolist()[:8]}.")
    return sigmas


def in_models_units(denoiser: Sampleable, latent: Latent) -> Tensor:
    """The samples as the denoiser sees them. An empty latent is 0 in any units, and in any number of channels.

    Raises ValueError for latents that are none of the denoiser's.
    """
    samples, own = latent.samples.to(denoiser.device, torch.float32), denoiser.latent
    if samples.ndim == 5 and not own.frames:
        raise ValueError("these are latents of a video, and this model makes pictures; take EmptyLatent or its like")
    if samples.count_nonzero() > 0:
        if samples.shape[1] != own.channels:
            raise ValueError(
                f"these latents have {samples.shape[1]} channels, this model's have {own.channels}; encode the picture "
                "with the VAE that belongs to it"
            )
        return denoiser.latent.into_model(samples)
    return denoiser.latent.empty(samples)


def completed(
    denoiser: Sampleable, sides: Sequence[Conditioning], clean: Tensor, mask: Tensor | None
) -> list[Conditioning]:
    """The conditionings with what the denoiser reads beside the latent."""
    channels = getattr(denoiser, "in_channels", clean.shape[1])
    return [with_concat(side, channels, denoiser.latent, clean, mask) for side in sides]


def started(model: ModelSampling, clean: Tensor, draws: Draws, levels: Tensor, add_noise: bool) -> Tensor:
    """The latent at the first level."""
    first = float(levels[0])
    from_pure_noise = first > model.sigma_max or math.isclose(first, model.sigma_max, rel_tol=1e-5)
    return model.noised(clean, initial_noise(draws, add_noise), first, from_pure_noise)


def initial_noise(draws: Draws, add_noise: bool) -> Tensor:
    """What the latent starts with; nothing when no noise shall be added."""
    return draws.initial() if add_noise else torch.zeros(draws.shape, device=draws.device)


def masked(
    guidance: Guidance,
    clean: Tensor,
    mask: Tensor | None,
    draws: Draws,
    add_noise: bool,
    sampler: SamplerName,
    at: Callable[[Tensor, float], Tensor] | None = None,
) -> Denoiser:
    """The denoiser, kept inside of the latent's noise mask. Outside, `ddim` uses noise of its own.

    at: the mask at a noise level, where a patch lets it change.
    """
    if mask is None:
        return guidance
    noise = initial_noise(draws, add_noise) if sampler != "ddim" else draws.initial(offset=1)
    fitted = fit_mask(mask, tuple(clean.shape), clean.device)
    return Inpainting(guidance, guidance.sampling, clean, noise, fitted, at)


class LastEstimate:
    """Remembers the last estimate of the clean latent, and passes steps on to a `Report`."""

    __slots__ = ("denoised", "report", "total")

    def __init__(self, report: Report, total: int) -> None:
        self.denoised: Tensor | None = None
        self.report = report
        self.total = total

    def __call__(self, index: int, x: Tensor, denoised: Tensor) -> None:
        """See `OnStep`."""
        self.denoised = denoised
        self.report(index + 1, self.total, denoised)
