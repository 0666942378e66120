"""Union ControlNets: one network for several kinds of pictures, which it is told by number. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from calotype.diffusion.layouts.take import Takes, count
from calotype.errors import ModelError
from calotype.types import Recipe

PATCH = "union"
"""The kind of the patch that says what pictures show: `kind` by name, or `number`, as the network counts them."""

PictureKind = Literal[
    "any", "pose", "depth", "soft edges", "edges", "normals", "segments", "tile", "repaint", "blur", "grey",
    "low quality",
]  # fmt: skip
NUMBERS: Mapping[str, tuple[str, ...]] = {
    "sdxl": ("pose", "depth", "soft edges", "edges", "normals", "segments", "tile", "repaint"),
    "flux": ("edges", "tile", "depth", "blur", "pose", "grey", "low quality"),
}
"""Family -> kinds of pictures, in the order in which its union ControlNets count them."""

KINDS = ("task_embedding", "controlnet_mode_embedder.weight")  # tensors with a row for each kind
HEADS = 8


def config(takes: Takes) -> dict[str, Any]:
    """The arguments of ControlNetUnionModel beyond those of ControlNetModel."""
    kinds, width = takes["task_embedding"].shape
    return {
        "num_control_type": kinds,
        "num_trans_channel": width,
        "num_trans_head": HEADS,
        "num_trans_layer": count(takes, "transformer_layes"),
        "num_proj_channel": takes["spatial_ch_projs.weight"].shape[0],
    }


def mode_said(recipe: Recipe, name: str, takes: Takes) -> dict[str, int]:
    """{"mode": number} as the patches of a recipe say; {} where they say nothing.

    name: of the file, for messages. Raises ModelError for a kind that the network does not know, and for one that is
    made for one kind alone.
    """
    said = next((dict(p.settings) for p in reversed(recipe.patches) if p.kind == PATCH), {})
    known, kind = NUMBERS.get(recipe.family, ()), str(said.get("kind", "any"))
    number = int(said.get("number", -1))
    if number < 0 and kind == "any":
        return {}
    rows = next((takes[tensor].shape[0] for tensor in KINDS if tensor in takes), 0)
    if not rows:
        raise ModelError(
            f"{name} is no union ControlNet: it knows one kind of pictures. Take UnionControlNetKind away."
        )
    asked = f'"{kind}"' if number < 0 else f"number {number}"
    number = known.index(kind) if number < 0 and kind in known else number
    if not 0 <= number < rows:
        listed = ", ".join(f'"{one}"' for one in known[:rows])
        raise ModelError(f"{name} knows {rows} kinds of pictures, not {asked}. Choose one of {listed}.")
    return {"mode": number}
