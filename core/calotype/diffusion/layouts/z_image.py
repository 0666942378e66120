"""Z-Image's transformer: from the names of its first release to those of diffusers. No torch."""

from __future__ import annotations

from collections.abc import Mapping

from calotype.diffusion.header import TensorInfo
from calotype.diffusion.layouts.take import Take, split

EMBEDDER, FINAL = "all_x_embedder.2-1.", "all_final_layer.2-1."
ATTENTION = {"out": "to_out.0", "q_norm": "norm_q", "k_norm": "norm_k"}


def takes_original(tensors: Mapping[str, TensorInfo]) -> dict[str, Take]:
    """The transformer's tensors under diffusers' names; the joined projection of q, k and v is seen as three.

    Files that have diffusers' names already come out as they are.
    """
    taken: dict[str, Take] = {}
    for name, info in tensors.items():
        taken |= _taken(name, info)
    return taken


def _taken(name: str, info: TensorInfo) -> dict[str, Take]:
    match name.split("."):
        case ["x_embedder", leaf]:
            return {EMBEDDER + leaf: Take(info)}
        case ["final_layer", *inner]:
            return {FINAL + ".".join(inner): Take(info)}
        case [*block, "attention", "qkv", leaf]:
            base = ".".join([*block, "attention"])
            return split(info, (f"{base}.to_{part}.{leaf}" for part in "qkv"))
        case [*block, "attention", inner, leaf]:
            return {".".join([*block, "attention", ATTENTION.get(inner, inner), leaf]): Take(info)}
    return {name: Take(info)}
