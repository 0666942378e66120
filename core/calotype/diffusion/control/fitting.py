"""Whether a network that steers is of the size of the denoiser that it steers: a family may have several."""

from __future__ import annotations

from typing import Any

from calotype.diffusion.families import title_of
from calotype.errors import FamilyMismatch


def refuse_other_size(net: Any, net_file: str, denoiser: Any, model_file: str) -> None:
    """Raise FamilyMismatch when a network that steers was made for a wider or a narrower model of the same family.

    net, denoiser: as they are loaded; net_file, model_file: their names, for people.
    """
    made_for, wide = features(net), features(denoiser)
    shared = min(len(made_for), len(wide))
    if made_for[:shared] != wide[:shared]:
        raise FamilyMismatch(
            f"{net_file} steers {title_of(denoiser.family)} models of {said(made_for)} features, {model_file} has "
            f"{said(wide)}. Use a ControlNet that was made for this model, or the model that it was made for."
        )


def features(network: Any) -> tuple[int, ...]:
    """Features of the levels of a U-Net or of what steers one; of a transformer's words; () where nothing says so."""
    config = getattr(getattr(network, "module", None), "config", None)
    levels = getattr(config, "block_out_channels", None) or getattr(config, "channels", None)
    if levels:
        return tuple(levels)
    heads = getattr(config, "num_attention_heads", None)
    return (heads * config.attention_head_dim,) if isinstance(heads, int) and config is not None else ()


def said(numbers: tuple[int, ...]) -> str:
    """Numbers for people."""
    return ", ".join(map(str, numbers))
