"""Where a text encoder's vocabulary is: in its file, beside it, in its diffusers folder, or shipped. No torch."""

from __future__ import annotations

import gzip
from pathlib import Path

from calotype.diffusion.header import Header, TensorInfo
from calotype.diffusion.text.unigram import Unigram, from_json, from_sentencepiece
from calotype.errors import ModelError

SHIPPED = Path(__file__).parents[2] / "assets" / "t5" / "tokenizer.json.gz"
INSIDE = ("spiece_model", "tokenizer_json")  # tensors of bytes in repackaged files
ENCODERS = "text_encoders."  # of all in a checkpoint, which has one vocabulary
BESIDE = ("tokenizer.json", "spiece.model")


def found(header: Header, prefix: str) -> Unigram:
    """The vocabulary of the encoder under a prefix: the nearest one, T5's own when there is none nearby.

    Raises ModelError for one that cannot be read.
    """
    for info in inside(header, prefix).values():
        return read(stored_bytes(info), f"{header.path.name}: {info.name}")
    for path in places(header.path, prefix):
        if path.is_file():
            return read(path.read_bytes(), path.name)
    return read(gzip.decompress(SHIPPED.read_bytes()), SHIPPED.name)


def inside(header: Header, prefix: str) -> dict[str, TensorInfo]:
    """The tensors of a file that are the vocabulary of the encoder under a prefix, by their plain names."""
    found = {}
    for name in INSIDE:
        keys = (prefix + name, name, prefix.removesuffix("transformer.") + name, ENCODERS + name)
        key = next((key for key in keys if key in header.tensors), None)
        if key is not None:
            found[name] = header.tensors[key]
    return found


def places(path: Path, prefix: str) -> list[Path]:
    """Where a vocabulary may lie, for an encoder under `prefix` in a file or in a diffusers folder."""
    if not path.is_dir():
        return [path.parent / f"{path.stem}.{name}" for name in BESIDE] + [path.parent / name for name in BESIDE]
    component = prefix.rstrip("/").replace("text_encoder", "tokenizer") or "."
    folders = dict.fromkeys((path / component, path, path.parent / component))
    return [folder / name for folder in folders for name in BESIDE]


def read(data: bytes, where: str) -> Unigram:
    """A vocabulary in either of its forms. Raises ModelError."""
    return from_json(data, where) if data.lstrip()[:1] == b"{" else from_sentencepiece(data, where)


def stored_bytes(info: TensorInfo) -> bytes:
    """The bytes of a tensor. Raises ModelError when its file cannot be read."""
    try:
        with info.file.open("rb") as file:
            file.seek(info.start)
            return file.read(info.nbytes)
    except OSError as error:
        raise ModelError(f"{info.file.name}: tensor {info.name!r} cannot be read: {error}") from error
