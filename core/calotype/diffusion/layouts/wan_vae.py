"""The video autoencoders of Wan 2.1, which Qwen-Image shares, and 2.2: from first names to diffusers'. No torch.

The original of 2.1 numbers residual blocks and resamplers in one row; so does diffusers' encoder, while its decoder
counts levels: each level ends with the resampler that leads to the next. That of 2.2 counts levels, with a row in each.
"""

from __future__ import annotations

from collections.abc import Mapping

from calotype.diffusion.header import TensorInfo
from calotype.diffusion.layouts.take import Take

RESIDUAL = {"0": "norm1", "2": "conv1", "3": "norm2", "6": "conv2"}
HEAD = {"0": "norm_out", "2": "conv_out"}
MIDDLE = {"0": "resnets.0", "1": "attentions.0", "2": "resnets.1"}
RESAMPLES = ("resample", "time_conv")
QUANT = {"conv1": "quant_conv", "conv2": "post_quant_conv"}


def takes_original(tensors: Mapping[str, TensorInfo]) -> dict[str, Take]:
    """The autoencoder's tensors under diffusers' names."""
    places = _up_places(tensors)
    named = ((_renamed(name, places), info) for name, info in tensors.items())
    return {name: Take(info) for name, info in named if name is not None}


def _renamed(name: str, places: Mapping[int, str]) -> str | None:
    match name.split("."):
        case ["conv1" | "conv2" as conv, leaf]:
            return f"{QUANT[conv]}.{leaf}"
        case ["encoder" | "decoder" as side, "conv1", leaf]:
            return f"{side}.conv_in.{leaf}"
        case ["encoder" | "decoder" as side, "head", part, leaf]:
            return f"{side}.{HEAD[part]}.{leaf}"
        case ["encoder" | "decoder" as side, "middle", part, *inner]:
            return f"{side}.mid_block.{MIDDLE[part]}.{_inner(inner)}"
        case ["encoder", "downsamples", level, "downsamples", number, *inner]:
            return f"encoder.down_blocks.{level}.{_of_level(number, inner, 'downsampler')}"
        case ["decoder", "upsamples", level, "upsamples", number, *inner]:
            return f"decoder.up_blocks.{level}.{_of_level(number, inner, 'upsampler')}"
        case ["encoder", "downsamples", number, *inner]:
            return f"encoder.down_blocks.{number}.{_inner(inner)}"
        case ["decoder", "upsamples", number, *inner]:
            return f"decoder.up_blocks.{places[int(number)]}.{_inner(inner)}"
    return None


def _of_level(number: str, inner: list[str], sampler: str) -> str:
    """The place of a module in a level's row, whose last one may resample."""
    return f"{sampler}.{_inner(inner)}" if inner[0] in RESAMPLES else f"resnets.{number}.{_inner(inner)}"


def _inner(parts: list[str]) -> str:
    match parts:
        case ["residual", part, leaf]:
            return f"{RESIDUAL[part]}.{leaf}"
        case ["shortcut", leaf]:
            return f"conv_shortcut.{leaf}"
    return ".".join(parts)


def _up_places(tensors: Mapping[str, TensorInfo]) -> dict[int, str]:
    """Number in the decoder's row -> level and place in it."""
    row = [n.split(".")[2:4] for n in tensors if n.startswith("decoder.upsamples.")]
    resamplers = {int(number) for number, kind in row if kind in RESAMPLES}
    places: dict[int, str] = {}
    level = layer = 0
    for number in range(1 + max((int(number) for number, _ in row), default=-1)):
        if number in resamplers:
            places[number] = f"{level}.upsamplers.0"
            level, layer = level + 1, 0
        else:
            places[number] = f"{level}.resnets.{layer}"
            layer += 1
    return places
