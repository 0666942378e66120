"""Types of ComfyUI that become one type or another by their values, or whose values become one text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from calotype_comfyui.boxes import Box, Linked
from calotype_comfyui.layers import LAYERS

MODELS = ("model1", "model2")
PICTURES = {"TextEncodeQwenImageEdit": ("image",), "TextEncodeQwenImageEditPlus": ("image1", "image2", "image3")}


def said(value: Any) -> str:
    """A share as a text: 1 and 1.0 are one."""
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)


def vary(boxes: Iterable[Box]) -> None:
    """Give each box the type whose rule is meant; changes the boxes."""
    for box in boxes:
        if box.type == "ModelSamplingDiscrete" and box.inputs.get("sampling") == "lcm":
            box.said, box.type = box.type, "ModelSamplingDiscrete (lcm)"
        elif box.type == "ImageQuantize" and str(box.inputs.get("dither")).startswith("bayer"):
            box.said, box.type = box.type, "ImageQuantize (bayer)"
        elif box.type == "SaveAnimatedWEBP" and box.inputs.get("lossless") is False:
            box.said, box.type = box.type, "SaveAnimatedWEBP (lossy)"
        elif box.type == "ImageStitch" and box.inputs.get("spacing_color") in ("red", "green", "blue"):
            box.said, box.type = box.type, "ImageStitch (coloured)"
        elif box.type in PICTURES and not any(name in box.inputs for name in PICTURES[box.type]):
            box.said, box.type = box.type, "CLIPTextEncode"  # without a picture it encodes the text alone
            box.inputs = {
                theirs: box.inputs[n] for n, theirs in (("clip", "clip"), ("prompt", "text")) if n in box.inputs
            }
        elif box.type in LAYERS and not any(isinstance(v, Linked) for n, v in box.inputs.items() if n not in MODELS):
            shares = "\n".join(f"{name} {said(value)}" for name, value in box.inputs.items() if name not in MODELS)
            box.said, box.type = box.type, "ModelMergeLayers"
            box.inputs = {n: v for n, v in box.inputs.items() if n in MODELS} | {"shares": shares}
