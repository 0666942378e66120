"""The arguments of the autoencoders of videos and of FLUX.2, read from tensor shapes. No torch."""

from __future__ import annotations

from typing import Any

from calotype.diffusion.layouts.take import Takes, count


def video(takes: Takes) -> dict[str, Any]:
    """The arguments of AutoencoderKLWan for an autoencoder with these tensors (diffusers' names).

    The encoder's row tells the levels: residual blocks, and resamplers between them, some of which halve time as well.
    """
    base = takes["encoder.conv_in.weight"].shape[0]
    widths: list[list[int]] = [[]]
    slower: list[bool] = []
    for i in range(count(takes, "encoder.down_blocks")):
        block = f"encoder.down_blocks.{i}."
        if block + "conv1.weight" in takes:
            widths[-1].append(takes[block + "conv1.weight"].shape[0])
        else:
            slower.append(block + "time_conv.weight" in takes)
            widths.append([])
    return {
        "base_dim": base,
        "decoder_base_dim": takes["decoder.norm_out.gamma"].shape[0],
        "z_dim": takes["decoder.conv_in.weight"].shape[1],
        "dim_mult": [level[0] // base for level in widths],
        "num_res_blocks": len(widths[0]),
        "temperal_downsample": slower,
        "in_channels": takes["encoder.conv_in.weight"].shape[1],
        "out_channels": takes["decoder.conv_out.weight"].shape[0],
        "scale_factor_temporal": 2 ** sum(slower),
        "scale_factor_spatial": 2 ** len(slower),
    }


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
