"""`PerpNeg`, the older form of Perp-Neg, which is a change of a model there: here it is always a guider.

A sampler whose model comes straight from it becomes one in parts, with the guider and what else it needs as boxes of
their own. Where that would not be the same arithmetic, everything stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from calotype_comfyui.boxes import Box, Linked, Wire
from calotype_comfyui.samplers import SHORTENED, Known

OLD, GUIDER = "PerpNeg", "PerpNegGuider"
SCHEDULE = ("scheduler", "steps", "denoise")
LEVELS = frozenset({"BasicScheduler", "BetaSamplingScheduler", "SDTurboScheduler", "SamplingPercentToSigma"})
"""Types that ask a model for its noise levels alone."""
REMARK = "Perp-Neg was a change of its model, and is its guider here"


def use_guiders(boxes: Sequence[Box]) -> tuple[list[Box], list[tuple[str, str]]]:
    """The boxes with guiders in place of `PerpNeg`, which goes where nothing needs it any more; what to say of which.

    Changes the boxes.
    """
    known = {box.id: box for box in boxes}
    olds = {box.id: box for box in boxes if box.type == OLD and not box.off}
    made: list[Box] = []
    said: list[tuple[str, str]] = []
    for box in boxes:
        model = box.inputs.get("model")
        old = olds.get(model.wire.box) if isinstance(model, Linked) else None
        if old is None or box.off:
            continue
        if box.type in LEVELS:
            box.inputs["model"] = old.inputs.get("model")
        elif _sound(box):
            made += _parted(box, old, known)
            said.append((box.id, REMARK))
    needed = {v.wire.box for box in boxes for v in box.inputs.values() if isinstance(v, Linked)}
    return [box for box in (*boxes, *made) if box.id not in olds or box.id in needed], said


def _sound(box: Box) -> bool:
    """Whether a guider does the same. At the scale 1 the older form leaves out the negative side, in its way."""
    scale, name = box.inputs.get("cfg"), box.inputs.get("sampler_name", "")
    plain = isinstance(scale, (int, float)) and scale != 1 and isinstance(name, str)
    if box.type == "SamplerCustom":
        plain = plain and isinstance(box.inputs.get("add_noise", True), bool)
    return plain and name not in SHORTENED and box.type in ("KSampler", "SamplerCustom", "CFGGuider")


def _parted(box: Box, old: Box, known: Known) -> list[Box]:
    """Turn a box into what has its guider apart; the new boxes."""
    said, model = box.inputs, old.inputs.get("model")
    guided = {name: said[name] for name in ("positive", "negative", "cfg") if name in said} | {"model": model}
    more = {name: old.inputs[name] for name in ("empty_conditioning", "neg_scale") if name in old.inputs}
    if box.type == "CFGGuider":
        box.type, box.inputs = GUIDER, guided | more
        return []
    parts = {"guider": Box(_free(f"{box.id}_guider", known), GUIDER, guided | more)}
    if box.type == "KSampler":
        levels = {name: said[name] for name in SCHEDULE if name in said} | {"model": model}
        named = {"sampler_name": said.get("sampler_name", "euler")}
        parts["sampler"] = Box(_free(f"{box.id}_sampler", known), "KSamplerSelect", named)
        parts["sigmas"] = Box(_free(f"{box.id}_sigmas", known), "BasicScheduler", levels)
    seed = said.get("seed", said.get("noise_seed", 0))
    drawn: tuple[str, dict[str, Any]] = ("RandomNoise", {"noise_seed": seed})
    parts["noise"] = Box(
        _free(f"{box.id}_noise", known), *(drawn if said.get("add_noise", True) else ("DisableNoise", {}))
    )
    kept = {name: said[name] for name in ("latent_image", "sampler", "sigmas") if name in said}
    box.type, box.inputs = "SamplerCustomAdvanced", kept | {n: Linked(Wire(one.id, 0)) for n, one in parts.items()}
    return list(parts.values())


def _free(id: str, known: Known) -> str:
    while id in known:
        id += "_"
    return id
