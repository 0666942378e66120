"""Merges by layer of ComfyUI: a type for each kind of model, with a number for each of its layers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def numbered(row: str, count: int, end: str = ".") -> Iterable[str]:
    """The names of a row of layers."""
    return (f"{row}.{i}{end}" for i in range(count))


def unet(levels: int, end: str) -> tuple[str, ...]:
    """The layers of a U-Net. end: of their names."""
    inner = (("input_blocks", levels), ("middle_block", 3), ("output_blocks", levels))
    rows = (name for row, count in inner for name in numbered(row, count, end))
    return ("time_embed.", "label_emb.", *rows, "out.")


def sd3(blocks: int) -> tuple[str, ...]:
    """The layers of an SD 3 with so many blocks."""
    before = ("pos_embed.", "x_embedder.", "context_embedder.", "y_embedder.", "t_embedder.")
    return (*before, *numbered("joint_blocks", blocks), "final_layer.")


LAYERS: Mapping[str, tuple[str, ...]] = {
    "ModelMergeSD1": unet(12, "."),
    "ModelMergeSD2": unet(12, "."),
    "ModelMergeSDXL": unet(9, ""),
    "ModelMergeSD3_2B": sd3(24),
    "ModelMergeSD35_Large": sd3(38),
    "ModelMergeFlux1": (
        *("img_in.", "time_in.", "guidance_in", "vector_in.", "txt_in."),
        *numbered("double_blocks", 19),
        *numbered("single_blocks", 38),
        "final_layer.",
    ),
    "ModelMergeQwenImage": (
        *("pos_embeds.", "img_in.", "txt_norm.", "txt_in.", "time_text_embed."),
        *numbered("transformer_blocks", 60),
        "proj_out.",
    ),
    "ModelMergeWAN2_1": (
        *("patch_embedding.", "time_embedding.", "time_projection.", "text_embedding.", "img_emb."),
        *numbered("blocks", 40),
        "head.",
    ),
}
"""Type -> the names of its numbers, in the order of the editor's widgets: how names of tensors begin."""
