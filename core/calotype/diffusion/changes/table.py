"""Which arithmetic each kind of patch means."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from hashlib import blake2b
from typing import Any

from calotype.diffusion.changes import (
    attention,
    caching,
    guidance,
    layers,
    masks,
    operations,
    shrinking,
    tiles,
    tokens,
    unet,
)
from calotype.diffusion.changes.levels import overridden
from calotype.diffusion.denoiser import Denoiser
from calotype.diffusion.sampling.hooks import NO_HOOKS, Hooks
from calotype.diffusion.sampling.parameterization import ModelSampling
from calotype.types import Recipe

Put = Callable[[Hooks, Any, ModelSampling, Mapping[str, Any]], Hooks]
"""(hooks so far, the network, its levels, settings) -> hooks."""


def changed(denoiser: Denoiser, recipe: Recipe) -> Denoiser:
    """The denoiser itself, with its noise levels, and what it does in sampling, as the recipe's patches say."""
    own = denoiser.sampling
    denoiser.sampling = overridden(own, recipe.patches)
    if any(patch.kind in TABLE for patch in recipe.patches):
        denoiser.hooks = partial(hooks_of, denoiser.module, denoiser.sampling, recipe, own)
    return denoiser


def hooks_of(module: Any, sampling: ModelSampling, recipe: Recipe, own: ModelSampling | None = None) -> Hooks:
    """What the patches of a model do beside its weights and levels, in order. Raises ModelError for other models.

    sampling: its levels; own: without patches. Some take a share of the schedule to the levels that hold where they
    stand among the patches, as in ComfyUI.
    """
    hooks = NO_HOOKS
    for i, patch in enumerate(recipe.patches):
        if patch.kind in TABLE:
            said = dict(patch.settings) | {"name": _name(recipe, i)}
            levels = overridden(own, recipe.patches[:i]) if own and patch.kind in AT_ONCE else sampling
            hooks = TABLE[patch.kind](hooks, module, levels, said)
    return hooks


def _name(recipe: Recipe, index: int) -> str:
    """A patch of a recipe, by what the model is up to it."""
    said = replace(recipe, patches=recipe.patches[: index + 1]).to_dict()
    return blake2b(json.dumps(said, sort_keys=True).encode(), digest_size=16).hexdigest()


def rescale_cfg(hooks: Hooks, module: Any, sampling: ModelSampling, said: Mapping[str, Any]) -> Hooks:
    """See `guidance.rescale`."""
    return replace(hooks, combine=guidance.rescale(said["share"]))


def renorm_cfg(hooks: Hooks, module: Any, sampling: ModelSampling, said: Mapping[str, Any]) -> Hooks:
    """See `guidance.renorm`."""
    return replace(hooks, combine=guidance.renorm(said["limit"], said["until"]))


def projected(hooks: Hooks, module: Any, sampling: ModelSampling, said: Mapping[str, Any]) -> Hooks:
    """See `guidance.Projection`."""
    change = guidance.Projection(said["eta"], said["limit"], said["momentum"], said["name"])
    return replace(hooks, before=(*hooks.before, change), memories=(*hooks.memories, change))


def tangential(hooks: Hooks, module: Any, sampling: ModelSampling, said: Mapping[str, Any]) -> Hooks:
    """See `guidance.damp_tangent`."""
    return replace(hooks, before=(*hooks.before, guidance.damp_tangent))


def zero_star(hooks: Hooks, module: Any, sampling: ModelSampling, said: Mapping[str, Any]) -> Hooks:
    """See `guidance.zero_star`."""
    return replace(hooks, after=(*hooks.after, guidance.zero_star))


def norm(hooks: Hooks, module: Any, sampling: ModelSampling, said: Mapping[str, Any]) -> Hooks:
    """See `guidance.normed`."""
    return replace(hooks, after=(*hooks.after, guidance.normed(said["strength"])))


def positive(hooks: Hooks, module: Any, sampling: ModelSampling, said: Mapping[str, Any]) -> Hooks:
    """See `guidance.towards_positive`."""
    return replace(hooks, after=(*hooks.after, guidance.towards_positive))


def perturbed(hooks: Hooks, module: Any, sampling: ModelSampling, said: Mapping[str, Any]) -> Hooks:
    """See `attention.perturbed`."""
    return replace(hooks, after=(*hooks.after, attention.perturbed(module, said["scale"])))


def self_attention(hooks: Hooks, module: Any, sampling: ModelSampling, said: Mapping[str, Any]) -> Hooks:
    """See `attention.self_attention`."""
    recorder = attention.Recorder()
    return replace(
        hooks,
        after=(*hooks.after, attention.self_attention(recorder, said["scale"], said["blur"])),
        layers=(*hooks.layers, attention.recording(module, recorder)),
        watch=(*hooks.watch, recorder.watch),
        always=True,
    )


def skip_layers(hooks: Hooks, module: Any, sampling: ModelSampling, said: Mapping[str, Any]) -> Hooks:
    """See `layers.skip_guidance`, and `layers.skip_negative` where no scale is said."""
    blocks = layers.skipped_blocks(module, said["double"], said["single"])
    start, end = (sampling.percent_to_sigma(said[name]) for name in ("start", "end"))
    if "scale" not in said:
        return replace(hooks, before=(*hooks.before, layers.skip_negative(blocks, start, end)))
    change = layers.skip_guidance(blocks, said["scale"], start, end, said["rescaling"])
    return replace(hooks, after=(*hooks.after, change))


def freeu(hooks: Hooks, module: Any, sampling: ModelSampling, said: Mapping[str, Any]) -> Hooks:
    """See `unet.freeu`."""
    backbone = unet.by_structure if said["by_structure"] else unet.plain
    change = unet.freeu(module, (said["b1"], said["b2"]), (said["s1"], said["s2"]), backbone)
    return replace(hooks, layers=(*hooks.layers, change))


def differential(hooks: Hooks, module: Any, sampling: ModelSampling, said: Mapping[str, Any]) -> Hooks:
    """See `masks.differential`."""
    return replace(hooks, mask_at=masks.differential(said["strength"]))


def scaled_noise(hooks: Hooks, module: Any, sampling: ModelSampling, said: Mapping[str, Any]) -> Hooks:
    """See `guidance.noise_scaled`."""
    return replace(hooks, after=(*hooks.after, guidance.noise_scaled(said["factor"])))


def along_batch(hooks: Hooks, module: Any, sampling: ModelSampling, said: Mapping[str, Any]) -> Hooks:
    """See `guidance.cfg_along_batch`."""
    return replace(hooks, combine=guidance.cfg_along_batch(said["least"], said["there_and_back"]))


def frequencies(hooks: Hooks, module: Any, sampling: ModelSampling, said: Mapping[str, Any]) -> Hooks:
    """See `operations.frequencies_scaled`."""
    change = operations.frequencies_scaled(said["low"], said["high"], said["cutoff"])
    return replace(hooks, before=(*hooks.before, change))


def operation(hooks: Hooks, module: Any, sampling: ModelSampling, said: Mapping[str, Any]) -> Hooks:
    """See `operations.guided_through`."""
    settings = {name: value for name, value in said.items() if name not in ("operation", "name")}
    change = operations.guided_through(operations.operation_of(said["operation"], settings))
    return replace(hooks, before=(*hooks.before, change))


def hyper_tile(hooks: Hooks, module: Any, sampling: ModelSampling, said: Mapping[str, Any]) -> Hooks:
    """See `tiles.tiled`."""
    change = tiles.tiled(module, said["size"], said["choices"], said["depth"], said["larger"])
    return replace(hooks, drawing=(*hooks.drawing, change))


def merged_tokens(hooks: Hooks, module: Any, sampling: ModelSampling, said: Mapping[str, Any]) -> Hooks:
    """See `tokens.merging`."""
    return replace(hooks, drawing=(*hooks.drawing, tokens.merging(module, said["ratio"])))


def deep_shrink(hooks: Hooks, module: Any, sampling: ModelSampling, said: Mapping[str, Any]) -> Hooks:
    """See `shrinking.shrinking`."""
    between = sampling.percent_to_sigma(said["start"]), sampling.percent_to_sigma(said["end"])
    methods = said["down"], said["up"]
    shrink = shrinking.Shrink(said["block"], said["factor"], said["after_skip"], between, methods)
    change = shrinking.shrinking(module, shrink)
    return replace(hooks, layers=(*hooks.layers, change), told=(*hooks.told, shrink.at))


def lazy_cache(hooks: Hooks, module: Any, sampling: ModelSampling, said: Mapping[str, Any]) -> Hooks:
    """See `caching.LazyCache`."""
    between = sampling.percent_to_sigma(said["start"]), sampling.percent_to_sigma(said["end"])
    return replace(hooks, wraps=(*hooks.wraps, caching.LazyCache(said["threshold"], between)))


def easy_cache(hooks: Hooks, module: Any, sampling: ModelSampling, said: Mapping[str, Any]) -> Hooks:
    """See `caching.EasyCache`."""
    between = sampling.percent_to_sigma(said["start"]), sampling.percent_to_sigma(said["end"])
    change = caching.EasyCache(said["threshold"], between)
    return replace(hooks, network=(*hooks.network, change), evaluating=(*hooks.evaluating, change.evaluating))


AT_ONCE = frozenset({"deep_shrink", "skip_layers"})  # what a later patch of the levels does not move

TABLE: Mapping[str, Put] = {
    "rescale_cfg": rescale_cfg,
    "renorm_cfg": renorm_cfg,
    "projected_guidance": projected,
    "tangential_damping": tangential,
    "cfg_zero_star": zero_star,
    "cfg_norm": norm,
    "positive_guidance": positive,
    "perturbed_attention": perturbed,
    "self_attention": self_attention,
    "skip_layers": skip_layers,
    "freeu": freeu,
    "differential": differential,
    "noise_scaling": scaled_noise,
    "cfg_along_batch": along_batch,
    "frequency_scaling": frequencies,
    "latent_operation": operation,
    "hyper_tile": hyper_tile,
    "merged_tokens": merged_tokens,
    "deep_shrink": deep_shrink,
    "lazy_cache": lazy_cache,
    "easy_cache": easy_cache,
}
