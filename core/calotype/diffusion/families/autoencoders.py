"""The kinds of autoencoders: what their files look like and which module computes them. No torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from calotype.diffusion.families import vae_configs
from calotype.diffusion.families.base import Layout
from calotype.diffusion.header import Header
from calotype.diffusion.layouts import flux2, vae, wan_vae
from calotype.diffusion.layouts.take import Takes, count, takes_named


def kl(takes: Takes) -> dict[str, Any]:
    """The arguments of AutoencoderKL for an autoencoder with these tensors (diffusers' names)."""
    levels = count(takes, "encoder.down_blocks")
    return {
        "in_channels": takes["encoder.conv_in.weight"].shape[1],
        "out_channels": takes["decoder.conv_out.weight"].shape[0],
        "latent_channels": takes["decoder.conv_in.weight"].shape[1],
        "block_out_channels": tuple(
            takes[f"encoder.down_blocks.{i}.resnets.0.conv1.weight"].shape[0] for i in range(levels)
        ),
        "layers_per_block": count(takes, "encoder.down_blocks.0.resnets"),
        "down_block_types": ("DownEncoderBlock2D",) * levels,
        "up_block_types": ("UpDecoderBlock2D",) * levels,
        "use_quant_conv": "quant_conv.weight" in takes,
        "use_post_quant_conv": "post_quant_conv.weight" in takes,
    }


def kl_alone(header: Header, prefix: str) -> str:
    """The family of a file with such an autoencoder alone, by its latent channels."""
    return "kl-f8-16" if header.shape(prefix + "decoder.conv_in.weight")[1:2] == (16,) else "kl-f8-4"


def video_alone(header: Header, prefix: str) -> str:
    """The family of a file with an autoencoder of videos alone, by its latent channels."""
    names = (prefix + "decoder.conv1.weight", prefix + "decoder.conv_in.weight")
    return "kl-wan-5b" if any(header.shape(name)[1:2] == (48,) for name in names) else "kl-wan"


@dataclass(frozen=True, slots=True)
class VaeKind:
    """One kind of autoencoder.

    module: its class, "package.module:Class"; config: that class's arguments from tensors under its names; layouts:
    that files have, the special before the general; alone: the family of a file that holds nothing else; wrapper: the
    class that turns pictures into latents with it, "package.module:Class", made as `vae.Autoencoder` is.
    """

    name: str
    module: str
    config: Callable[[Takes], dict[str, Any]] = field(repr=False)
    layouts: tuple[Layout, ...]
    alone: Callable[[Header, str], str] = field(repr=False)
    wrapper: str = "calotype.diffusion.vae:Autoencoder"


KL = VaeKind(
    "kl",
    "diffusers.models.autoencoders.autoencoder_kl:AutoencoderKL",
    kl,
    (
        Layout("ldm", ("decoder.conv_in.weight", "decoder.mid.block_1.conv1.weight"), vae.takes_ldm),
        Layout("diffusers", ("decoder.conv_in.weight",), vae.takes_diffusers),
    ),
    kl_alone,
)

VIDEO = VaeKind(
    "video",
    "diffusers.models.autoencoders.autoencoder_kl_wan:AutoencoderKLWan",
    vae_configs.video,
    (
        Layout("wan", ("decoder.conv1.weight", "decoder.middle.0.residual.0.gamma"), wan_vae.takes_original),
        Layout("wan-diffusers", ("decoder.conv_in.weight", "decoder.mid_block.resnets.0.norm1.gamma"), takes_named),
    ),
    video_alone,
    "calotype.diffusion.video_vae:VideoAutoencoder",
)
FLUX2 = VaeKind(
    "flux2",
    "diffusers.models.autoencoders.autoencoder_kl_flux2:AutoencoderKLFlux2",
    vae_configs.flux2,
    (Layout("flux2", ("decoder.conv_in.weight", "bn.running_mean"), flux2.takes_vae),),
    lambda header, prefix: "kl-flux2",
    "calotype.diffusion.flux2_vae:Flux2Autoencoder",
)

KINDS: dict[str, VaeKind] = {kind.name: kind for kind in (VIDEO, FLUX2, KL)}
"""Every kind of autoencoder, by name; one whose marks another has too comes after it."""


def kind_of(layout: str) -> VaeKind:
    """The kind of autoencoder whose files have a layout of this name."""
    return next(kind for kind in KINDS.values() if any(one.name == layout for one in kind.layouts))
