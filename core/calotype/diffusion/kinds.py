"""What a file is, given the folder that it lies in: some kinds of files are known by their place. No torch."""

from __future__ import annotations

from pathlib import Path

from calotype.diffusion.families.inspect import family_of, inspect_header
from calotype.diffusion.header import Header, read_header
from calotype.errors import ModelError

UPSCALER = "upscaler"


def family_in(folder: str, path: Path) -> str:
    """The model family of a file in a folder of the host. Raises ModelError: unreadable, or not what belongs there."""
    if folder == "upscale_models":
        refuse_models(read_header(path), "upscale model")
        return UPSCALER
    return family_of(path)


def refuse_models(header: Header, wanted: str) -> None:
    """Raise when a file is a model of a known family: what is wanted belongs to none."""
    try:
        title = inspect_header(header).title
    except ModelError:
        return
    raise ModelError(f"{header.path.name} has {title} weights; it is no {wanted}.")
