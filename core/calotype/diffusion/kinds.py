"""What a file is, given the folder that it lies in: some kinds of files are known by their place. No torch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from calotype.diffusion.families import FAMILIES, texts
from calotype.diffusion.families.computed import refuse_uncomputed
from calotype.diffusion.families.inspect import Found, Kind, inspect_header
from calotype.diffusion.families.mixed import strange_texts, strange_vae
from calotype.diffusion.header import Header, read_header
from calotype.diffusion.vision.files import style_family, vision_family
from calotype.errors import ModelError

UPSCALER = "upscaler"
PARTS: dict[Kind, str] = {
    "denoiser": "denoiser",
    "text_encoder": "text encoder",
    "vae": "VAE",
    "controlnet": "ControlNet",
    "lora": "LoRA",
}
PLACES: dict[str, Kind] = {
    "checkpoints": "denoiser",
    "unet": "denoiser",
    "clip": "text_encoder",
    "vae": "vae",
    "controlnet": "controlnet",
    "loras": "lora",
}
"""Folder -> the part that its files are for. The first folder of a part is where such files belong."""
LOADERS: dict[Kind, str] = {
    "denoiser": 'in "unet" and take ModelLoader',
    "text_encoder": 'in "clip" and take ClipLoader',
    "vae": 'in "vae" and take VAELoader',
    "controlnet": 'in "controlnet" and take ControlNetLoader',
    "lora": 'in "loras" and take LoraLoader',
}
EMBEDDINGS = (
    ("sd1", frozenset({768})),
    ("sd2", frozenset({1024})),
    ("sdxl", frozenset({768, 1280})),
    ("sdxl-refiner", frozenset({1280})),
)
"""Family -> features of the vectors of its embeddings."""

SEEING: dict[str, Callable[[Header], str]] = {"clip_vision": vision_family, "style_models": style_family}
"""Folder of networks that look at pictures -> the name of what a file there is."""


def family_in(folder: str, path: Path) -> str:
    """The model family of a file in a folder of the host.

    Raises ModelError: unreadable, not what belongs there, or known by name alone.
    """
    if folder == "upscale_models":
        refuse_models(read_header(path), "upscale model")
        return UPSCALER
    if folder == "embeddings":
        return embedding_family(read_header(path))
    if folder in SEEING:
        return SEEING[folder](read_header(path))
    header = read_header(path)
    found = inspect_header(header)
    refuse_misplaced(folder, path.name, found)
    refuse_uncomputed(header, found)
    return found.family


def refuse_misplaced(folder: str, name: str, found: Found) -> None:
    """Raise ModelError when a file has nothing of what its folder is for; say where it belongs."""
    wanted = PLACES.get(folder)
    if wanted is None or found.of(wanted) or not found.parts:
        return
    kinds = list(dict.fromkeys(part.kind for part in found.parts))
    whole = "denoiser" in kinds and len(kinds) > 1
    where = 'in "checkpoints" and take CheckpointLoader' if whole else LOADERS[kinds[0]]
    has = ", ".join(PARTS[kind] for kind in kinds)
    raise ModelError(f"{name} ({found.title}) has no {PARTS[wanted]}; it has: {has}. Put it {where}.")


def lacks(path: Path, part: Kind) -> str:
    """What a file lacks of a part that a recipe wants of it, and what to do, for people; "" when it is all there.

    A part that belongs to another family than the file's denoiser is as good as none. Raises ModelError for a file that
    cannot be read.
    """
    header = read_header(path)
    found = inspect_header(header)
    if part == "text_encoder":
        return _unheard(path.name, found) or (strange_texts(header, found) if found.of("denoiser") else "")
    if found.of(part):
        return strange_vae(header, found) if part == "vae" and found.of("denoiser") else ""
    return f"{path.name} has no {PARTS[part]}. Load one from a file of its own: put it {LOADERS[part]}."


def _unheard(name: str, found: Found) -> str:
    """The text encoders that a checkpoint's family needs and the file does not have."""
    family = FAMILIES.get(found.family)
    here = Counter(texts.kind_of(part.layout).name for part in found.of("text_encoder"))
    lacking = []
    for slot in family.text if family else ():
        if here[slot.kind]:
            here[slot.kind] -= 1
        elif not slot.optional:
            lacking.append(slot)
    if not lacking or family is None:
        return ""
    missing, count = " and ".join(slot.title for slot in lacking), len(family.text)
    loader = {1: "ClipLoader", 2: "DualClipLoader"}.get(count, "TripleClipLoader")
    where = f'put it in "clip" and take {loader}' if count == 1 else f'put all of them in "clip" and take {loader}'
    return f"{name} lacks a text encoder that {family.title} needs: {missing}. Load it from elsewhere: {where}."


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
