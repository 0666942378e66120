"""U-Nets: from the names of the latent-diffusion code to those of diffusers. No torch.

The original code numbers blocks in one row (`input_blocks.4.1`); diffusers counts levels and layers
(`down_blocks.1.attentions.0`). Which number is which follows from the tensors that are there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from calotype.diffusion.header import TensorInfo
from calotype.diffusion.layouts.take import Take, renamed

EDGES = {
    "input_blocks.0.0": "conv_in",
    "time_embed.0": "time_embedding.linear_1",
    "time_embed.2": "time_embedding.linear_2",
    "label_emb.0.0": "add_embedding.linear_1",
    "label_emb.0.2": "add_embedding.linear_2",
    "out.0": "conv_norm_out",
    "out.2": "conv_out",
    "middle_block.1": "mid_block.attentions.0",
}
RESNET = {
    "in_layers.0": "norm1",
    "in_layers.2": "conv1",
    "emb_layers.1": "time_emb_proj",
    "out_layers.0": "norm2",
    "out_layers.3": "conv2",
    "skip_connection": "conv_shortcut",
}


def modules(names: Iterable[str]) -> dict[str, str]:
    """Module of the original code -> module of diffusers, for a U-Net that has these tensor names."""
    present = {".".join(n.split(".")[:4]) for n in names} | {".".join(n.split(".")[:3]) for n in names}
    found = dict(EDGES)
    _resnet(found, "middle_block.0", "mid_block.resnets.0")
    _resnet(found, "middle_block.2", "mid_block.resnets.1")
    _down(found, present)
    _up(found, present)
    return found


def _down(found: dict[str, str], present: set[str]) -> None:
    level = layer = 0
    for i in range(1, _count(present, "input_blocks")):
        if f"input_blocks.{i}.0.op" in present:
            found[f"input_blocks.{i}.0.op"] = f"down_blocks.{level}.downsamplers.0.conv"
            level, layer = level + 1, 0
        else:
            _resnet(found, f"input_blocks.{i}.0", f"down_blocks.{level}.resnets.{layer}")
            found[f"input_blocks.{i}.1"] = f"down_blocks.{level}.attentions.{layer}"
            layer += 1


def _up(found: dict[str, str], present: set[str]) -> None:
    level = layer = 0
    for i in range(_count(present, "output_blocks")):
        _resnet(found, f"output_blocks.{i}.0", f"up_blocks.{level}.resnets.{layer}")
        found[f"output_blocks.{i}.1"] = f"up_blocks.{level}.attentions.{layer}"
        layer += 1
        upsampler = next((j for j in (1, 2) if f"output_blocks.{i}.{j}.conv" in present), None)
        if upsampler:
            found[f"output_blocks.{i}.{upsampler}.conv"] = f"up_blocks.{level}.upsamplers.0.conv"
            level, layer = level + 1, 0


def _resnet(found: dict[str, str], source: str, target: str) -> None:
    found.update({f"{source}.{inner}": f"{target}.{name}" for inner, name in RESNET.items()})


def _count(present: set[str], row: str) -> int:
    return 1 + max((int(n.split(".")[1]) for n in present if n.startswith(f"{row}.")), default=-1)


def takes_ldm(tensors: Mapping[str, TensorInfo]) -> dict[str, Take]:
    """The U-Net's tensors under diffusers' names, from a file of the original code."""
    table = modules(tensors)
    named = ((renamed(name, table), info) for name, info in tensors.items())
    return {name: Take(info) for name, info in named if name is not None}


def takes_diffusers(tensors: Mapping[str, TensorInfo]) -> dict[str, Take]:
    """The U-Net's tensors from a file of diffusers: names as they are."""
    return {name: Take(info) for name, info in tensors.items()}


def original(module: str, layers: int) -> str | None:
    """The original code's name of an attention's module, from diffusers'; None for others.

    layers: residual blocks of a level on the way down. Each level has as many entries in the row, and one more.
    """
    match module.split("."):
        case ["down_blocks", level, "attentions", layer, *inner]:
            return ".".join([f"input_blocks.{1 + int(level) * (layers + 1) + int(layer)}.1", *inner])
        case ["mid_block", "attentions", "0", *inner]:
            return ".".join(["middle_block.1", *inner])
        case ["up_blocks", level, "attentions", layer, *inner]:
            return ".".join([f"output_blocks.{int(level) * (layers + 1) + int(layer)}.1", *inner])
    return None
