"""The arguments of the autoencoders of videos and of FLUX.2, read from tensor shapes. No torch."""

from __future__ import annotations

from math import isqrt
from typing import Any

from calotype.diffusion.layouts.take import Takes, count

COLOURS = 3


def video(takes: Takes) -> dict[str, Any]:
    """The arguments of AutoencoderKLWan for an autoencoder with these tensors (diffusers' names).

    Wan 2.2 counts levels, and sees pictures in patches; 2.1 does neither.
    """
    levelled = "encoder.down_blocks.0.resnets.0.conv1.weight" in takes
    base = takes["encoder.conv_in.weight"].shape[0]
    widths, slower = _levels(takes) if levelled else _row(takes)
    channels = takes["encoder.conv_in.weight"].shape[1]
    patch = isqrt(channels // COLOURS) if levelled else 1
    return {
        "base_dim": base,
        "decoder_base_dim": takes["decoder.norm_out.gamma"].shape[0],
        "z_dim": takes["decoder.conv_in.weight"].shape[1],
        "dim_mult": [level[0] // base for level in widths],
        "num_res_blocks": len(widths[0]),
        "temperal_downsample": slower,
        "is_residual": levelled,
        "patch_size": patch if levelled else None,
        "in_channels": channels,
        "out_channels": takes["decoder.conv_out.weight"].shape[0],
        "scale_factor_temporal": 2 ** sum(slower),
        "scale_factor_spatial": 2 ** len(slower) * patch,
    }


def _levels(takes: Takes) -> tuple[list[list[int]], list[bool]]:
    """The widths of each level's residual blocks; whether the resampler behind a level halves time as well."""
    found = [f"encoder.down_blocks.{i}." for i in range(count(takes, "encoder.down_blocks"))]
    widths = [
        [takes[f"{level}resnets.{j}.conv1.weight"].shape[0] for j in range(count(takes, f"{level}resnets"))]
        for level in found
    ]
    return widths, [level + "downsampler.time_conv.weight" in takes for level in found[:-1]]


def _row(takes: Takes) -> tuple[list[list[int]], list[bool]]:
    """As `_levels`, from one row of residual blocks with resamplers between levels."""
    widths: list[list[int]] = [[]]
    slower: list[bool] = []
    for i in range(count(takes, "encoder.down_blocks")):
        block = f"encoder.down_blocks.{i}."
        if block + "conv1.weight" in takes:
            widths[-1].append(takes[block + "conv1.weight"].shape[0])
        else:
            slower.append(block + "time_conv.weight" in takes)
            widths.append([])
    return widths, slower


def flux2(takes: Takes) -> dict[str, Any]:
    """The arguments of AutoencoderKLFlux2 for an autoencoder with these tensors (diffusers' names)."""
    levels = count(takes, "encoder.down_blocks")
    up = [takes[f"decoder.up_blocks.{i}.resnets.0.conv2.weight"].shape[0] for i in range(levels)]
    down = [takes[f"encoder.down_blocks.{i}.resnets.0.conv1.weight"].shape[0] for i in range(levels)]
    return {
        "in_channels": takes["encoder.conv_in.weight"].shape[1],
        "out_channels": takes["decoder.conv_out.weight"].shape[0],
        "latent_channels": takes["decoder.conv_in.weight"].shape[1],
        "block_out_channels": tuple(down),
        "decoder_block_out_channels": tuple(reversed(up)),
        "layers_per_block": count(takes, "encoder.down_blocks.0.resnets"),
        "down_block_types": ("DownEncoderBlock2D",) * levels,
        "up_block_types": ("UpDecoderBlock2D",) * levels,
        "use_quant_conv": "quant_conv.weight" in takes,
        "use_post_quant_conv": "post_quant_conv.weight" in takes,
    }
