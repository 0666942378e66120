"""The other way round: the tensors that a file of the original code has, for those of a module. No torch.

What is made here has no place in a file yet. The layouts take it like what they read from one.
"""

from __future__ import annotations

from collections.abc import Callable

from calotype.diffusion.header import TensorInfo
from calotype.diffusion.layouts import clip, unet, vae
from calotype.diffusion.layouts.take import Takes, TakesOf, count, renamed

Shape = tuple[int, ...]
Original = Callable[[Takes], dict[str, TensorInfo]]

RESNET = {ours: theirs for theirs, ours in unet.RESNET.items()}
ATTENTION = {ours: theirs for theirs, ours in vae.ATTENTION.items()}
OPEN_ENDS = {ours: theirs for theirs, ours in clip.OPEN_ENDS.items()}
OPEN_INNER = {ours: theirs for theirs, ours in clip.OPEN_INNER.items()}


def taken(takes: Takes, original: Original, layout: TakesOf) -> Takes:
    """A module's tensors as taken from what a file of the original code would have."""
    found = layout(original(takes))
    assert found.keys() == takes.keys(), f"no way back for {sorted(found.keys() ^ takes.keys())[:3]}"
    return found


def unet_tensors(takes: Takes) -> dict[str, TensorInfo]:
    """A U-Net's tensors under the names of the latent-diffusion code."""
    layers = count(takes, "down_blocks.0.resnets")
    attended = {name.split(".")[1] for name in takes if name.startswith("up_blocks.") and ".attentions." in name}
    return _made({name: (unet_name(name, layers, attended), take.shape) for name, take in takes.items()}, takes)


def unet_name(name: str, layers: int, attended: set[str]) -> str:
    """The latent-diffusion code's name of a U-Net's tensor.

    layers: residual blocks of a level; attended: the levels on the way up that have attention.
    """
    block = block_name(name, layers)
    if ".resnets." in name:
        inner = name.partition(".resnets.")[2].partition(".")[2]
        return block.removesuffix(inner) + str(renamed(inner, RESNET))
    if ".upsamplers." in name:
        return block.replace(".0.conv.", ".2.conv." if name.split(".")[1] in attended else ".1.conv.")
    return block.replace(".0.conv.", ".0.op.") if ".downsamplers." in name else block


def block_name(name: str, layers: int) -> str:
    """The original code's name of a U-Net's tensor as far as its block; other names as they are."""
    for theirs, ours in unet.EDGES.items():
        if name.startswith(f"{ours}."):
            return theirs + name.removeprefix(ours)
    match name.split("."):
        case ["down_blocks", level, "resnets", layer, *inner]:
            return ".".join([f"input_blocks.{1 + int(level) * (layers + 1) + int(layer)}.0", *inner])
        case ["down_blocks", level, "downsamplers", *inner]:
            return ".".join([f"input_blocks.{(int(level) + 1) * (layers + 1)}", *inner])
        case ["mid_block", "resnets", layer, *inner]:
            return ".".join([f"middle_block.{2 * int(layer)}", *inner])
        case ["up_blocks", level, "resnets", layer, *inner]:
            return ".".join([f"output_blocks.{int(level) * (layers + 1) + int(layer)}.0", *inner])
        case ["up_blocks", level, "upsamplers", *inner]:
            return ".".join([f"output_blocks.{int(level) * (layers + 1) + layers}", *inner])
    return unet.original(name, layers) or name


def vae_tensors(takes: Takes) -> dict[str, TensorInfo]:
    """An autoencoder's tensors under the names of the original code, whose attention is made of convolutions."""
    levels = count(takes, "encoder.down_blocks")
    return _made(
        {
            name: (vae_name(name, levels), (*take.shape, 1, 1) if _attends(name, take.shape) else take.shape)
            for name, take in takes.items()
        },
        takes,
    )


def _attends(name: str, shape: Shape) -> bool:
    return ".attentions." in name and len(shape) == 2


def vae_name(name: str, levels: int) -> str:
    """The original code's name of an autoencoder's tensor."""
    match name.split("."):
        case [side, "conv_norm_out", leaf]:
            return f"{side}.norm_out.{leaf}"
        case [side, "mid_block", "attentions", "0", *inner, leaf]:
            return f"{side}.mid.attn_1.{ATTENTION['.'.join(inner)]}.{leaf}"
        case [side, "mid_block", "resnets", layer, inner, leaf]:
            return f"{side}.mid.block_{int(layer) + 1}.{_shortcut(inner)}.{leaf}"
        case [side, "down_blocks" | "up_blocks" as row, level, "resnets", layer, inner, leaf]:
            return f"{side}.{_level(row, int(level), levels)}.block.{layer}.{_shortcut(inner)}.{leaf}"
        case [side, "down_blocks" | "up_blocks" as row, level, _, "0", "conv", leaf]:
            return f"{side}.{_level(row, int(level), levels)}.{row.removesuffix('_blocks')}sample.conv.{leaf}"
    return name


def _level(row: str, level: int, levels: int) -> str:
    return f"down.{level}" if row == "down_blocks" else f"up.{levels - 1 - level}"


def _shortcut(inner: str) -> str:
    return "nin_shortcut" if inner == "conv_shortcut" else inner


def clip_tensors(takes: Takes) -> dict[str, TensorInfo]:
    """A CLIP text encoder's tensors under transformers' names."""
    outside = "text_projection."
    return _made(
        {n: (n if n.startswith(outside) else f"text_model.{n}", take.shape) for n, take in takes.items()}, takes
    )


def openclip_tensors(takes: Takes) -> dict[str, TensorInfo]:
    """A CLIP text encoder's tensors under OpenCLIP's names; q, k and v are one."""
    named: dict[str, tuple[str, Shape]] = {}
    for name, take in takes.items():
        module, _, leaf = name.rpartition(".")
        if name == "text_projection.weight":
            named[name] = ("text_projection", take.shape[::-1])
        elif name in OPEN_ENDS:
            named[name] = (OPEN_ENDS[name], take.shape)
        elif module.endswith((".q_proj", ".k_proj", ".v_proj")):
            joined = f"transformer.resblocks.{module.split('.')[2]}.attn.in_proj_{leaf}"
            named[name] = (joined, (3 * take.shape[0], *take.shape[1:]))
        else:
            _, _, layer, *inner = module.split(".")
            named[name] = (f"transformer.resblocks.{layer}.{OPEN_INNER['.'.join(inner)]}.{leaf}", take.shape)
    return _made(named, takes)


def _made(named: dict[str, tuple[str, Shape]], takes: Takes) -> dict[str, TensorInfo]:
    """Tensors by their names and shapes, of the types of those that they stand for."""
    return {
        new: TensorInfo(takes[old].source.file, new, shape, takes[old].source.dtype, 0)
        for old, (new, shape) in named.items()
    }
