"""Sampling that ComfyUI spreads over several nodes, put together as the one node that it comes to.

A `SamplerCustom` with a named sampler and a `BasicScheduler` takes the same levels, the same noise and the same steps
as a `KSampler`; a `SamplerCustomAdvanced` too, with a `RandomNoise` and a guider that has one prompt or two. Where any
part is of another kind, or is not a plain value, everything stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from calotype_comfyui.boxes import Box, Linked

PARTS = frozenset({"KSamplerSelect", "BasicScheduler", "RandomNoise", "DisableNoise", "BasicGuider", "CFGGuider"})
SHORTENED = frozenset({"dpm_2", "dpm_2_ancestral", "uni_pc", "uni_pc_bh2"})  # whose KSampler leaves out a level
ASKING = frozenset({"SelfAttentionGuidance"})  # which looks at the negative estimate at every scale
REMARK = "its sampler, schedule, noise and guider were nodes of their own, and are inputs here"

Known = Mapping[str, Box]


def gather_samplers(boxes: Sequence[Box]) -> tuple[list[Box], list[tuple[str, str]]]:
    """The boxes with samplers put together, without parts that nothing needs any more; what to say: (box, text)."""
    known = {b.id: b for b in boxes}
    gathered = {b.id: inputs for b in boxes if not b.off and (inputs := _gathered(b, known)) is not None}
    for id, inputs in gathered.items():
        known[id].type, known[id].inputs = "KSampler", inputs
    kept = list(boxes)
    if gathered:
        needed = {v.wire.box for b in boxes for v in b.inputs.values() if isinstance(v, Linked) and b.type not in PARTS}
        needed |= {v.wire.box for b in boxes if b.id in needed for v in b.inputs.values() if isinstance(v, Linked)}
        kept = [b for b in boxes if b.type not in PARTS or b.id in needed]
    return kept, [(id, REMARK) for id in gathered]


def _gathered(box: Box, known: Known) -> dict[str, Any] | None:
    """The inputs of a KSampler that does the same; None where there is none."""
    alone = False  # with a single prompt: a negative estimate that is asked for is nothing, and not that of the prompt
    if box.type == "SamplerCustom":
        said = box.inputs
        if said.get("add_noise", True) is not True:
            return None
        guided: dict[str, Any] = {name: said[name] for name in ("model", "positive", "negative", "cfg") if name in said}
        guided["seed"] = said.get("noise_seed", 0)
    elif box.type == "SamplerCustomAdvanced":
        noise, guider = (
            _part(box, "noise", known, "RandomNoise"),
            _part(box, "guider", known, "CFGGuider", "BasicGuider"),
        )
        if noise is None or guider is None:
            return None
        alone = guider.type == "BasicGuider"
        guided = _guided(guider) | {"seed": noise.inputs.get("noise_seed", 0)}
    else:
        return None
    sampler, schedule = _part(box, "sampler", known, "KSamplerSelect"), _part(box, "sigmas", known, "BasicScheduler")
    if sampler is None or schedule is None or schedule.inputs.get("model") != guided.get("model"):
        return None
    name = sampler.inputs.get("sampler_name")
    if not isinstance(name, str) or name in SHORTENED:
        return None
    if alone and (name.endswith("_cfg_pp") or any(b.type in ASKING for b in known.values())):
        return None
    levels = {key: schedule.inputs[key] for key in ("scheduler", "steps", "denoise") if key in schedule.inputs}
    latent = {"latent_image": box.inputs["latent_image"]} if "latent_image" in box.inputs else {}
    return guided | {"sampler_name": name} | levels | latent


def _part(box: Box, name: str, known: Known, *types: str) -> Box | None:
    """The box that an input comes from, if it runs and is of one of these types."""
    value = box.inputs.get(name)
    found = known.get(value.wire.box) if isinstance(value, Linked) and value.wire.slot == 0 else None
    return found if found is not None and found.type in types and not found.off else None


def _guided(guider: Box) -> dict[str, Any]:
    """Model, prompts and scale. With one prompt the scale is 1, at which the other prompt is not looked at."""
    said = guider.inputs
    if guider.type == "CFGGuider":
        return {name: said[name] for name in ("model", "positive", "negative", "cfg") if name in said}
    prompt = said.get("conditioning")
    return {"model": said.get("model"), "positive": prompt, "negative": prompt, "cfg": 1}
