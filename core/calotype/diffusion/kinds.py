"""What a file is, given the folder that it lies in: some kinds of files are known by their place. No torch."""

from __future__ import annotations

from pathlib import Path

from calotype.diffusion.families.inspect import family_of, inspect_header
from calotype.diffusion.header import Header, read_header
from calotype.errors import ModelError

UPSCALER = "upscaler"
EMBEDDINGS = (
    ("sd1", frozenset({768})),
    ("sd2", frozenset({1024})),
    ("sdxl", frozenset({768, 1280})),
    ("sdxl-refiner", frozenset({1280})),
)
"""Family -> features of the vectors of its embeddings."""


def family_in(folder: str, path: Path) -> str:
    """The model family of a file in a folder of the host. Raises ModelError: unreadable, or not what belongs there."""
    if folder == "upscale_models":
        refuse_models(read_header(path), "upscale model")
        return UPSCALER
    return embedding_family(read_header(path)) if folder == "embeddings" else family_of(path)


def embedding_family(header: Header) -> str:
    """The family whose text encoders an embedding was made for, by the widths of its vectors; "" for other widths."""
    shapes = [info.shape for info in header.tensors.values()]
    if not shapes or any(len(shape) not in (1, 2) for shape in shapes):
        raise ModelError(f"{header.path.name} is no embedding: it has tensors that are not rows of vectors.")
    widths = frozenset(shape[-1] for shape in shapes)
    return next((family for family, wanted in EMBEDDINGS if widths == wanted), "")


def refuse_models(header: Header, wanted: str) -> None:
    """Raise when a file is a model of a known family: what is wanted belongs to none."""
    try:
        title = inspect_header(header).title
    except ModelError:
        return
    raise ModelError(f"{header.path.name} has {title} weights; it is no {wanted}.")
