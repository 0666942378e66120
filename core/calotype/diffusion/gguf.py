"""GGUF files: names, shapes and types of their tensors, from the header. Torch-free, without the package of that name.

The format of ggml (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md), version 2 and 3. Weights in blocks
keep ggml's name of their type ("Q8_0"); a block is a row of numbers that share scales.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

from calotype.errors import ModelError

MAGIC = b"GGUF"
TYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 6: "Q5_0", 7: "Q5_1", 8: "Q8_0", 10: "Q2_K", 11: "Q3_K", 12: "Q4_K",
    13: "Q5_K", 14: "Q6_K", 20: "IQ4_NL", 23: "IQ4_XS", 24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64",
    30: "BF16",
}  # fmt: skip
BLOCKS: Mapping[str, tuple[int, int]] = {
    "Q4_0": (32, 18), "Q4_1": (32, 20), "Q5_0": (32, 22), "Q5_1": (32, 24), "Q8_0": (32, 34), "IQ4_NL": (32, 18),
    "Q2_K": (256, 84), "Q3_K": (256, 110), "Q4_K": (256, 144), "Q5_K": (256, 176), "Q6_K": (256, 210),
    "IQ4_XS": (256, 136),
}  # fmt: skip
"""Types in blocks: how many numbers a block stands for, and its bytes."""

NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
STRING, ARRAY = 8, 9
LONGEST = 100_000_000  # bytes of a header; a vocabulary has about 10 million
SHAPES = "comfy.gguf.orig_shape."  # shapes that ggml's four dimensions cannot say
LANGUAGE = ("blk.0.", "enc.blk.0.", "token_embd.")


@dataclass(frozen=True, slots=True)
class Entry:
    """One tensor. shape: slowest axis first; start: of its first byte in the file."""

    shape: tuple[int, ...]
    dtype: str
    start: int


@dataclass(slots=True)
class Cursor:
    """Reads numbers and strings from a file, within bounds."""

    file: BinaryIO
    size: int
    left: int = LONGEST

    def number(self, code: str) -> Any:
        """A number of a type that `struct` knows by this letter. Raises ValueError at the end of the file."""
        return struct.unpack("<" + code, self.bytes(struct.calcsize("<" + code)))[0]

    def bytes(self, count: int) -> bytes:
        """So many bytes. Raises ValueError at the end of the file."""
        self.left -= count
        if count > self.size or self.left < 0:
            raise ValueError("a length in it is larger than a header may be")
        found = self.file.read(count)
        if len(found) < count:
            raise ValueError("it is cut off")
        return found

    def text(self) -> str:
        """A string."""
        return self.bytes(self.number("Q")).decode()

    def value(self, kind: int) -> Any:
        """A value of the metadata."""
        if kind == STRING:
            return self.text()
        if kind == ARRAY:
            inner, count = self.number("I"), self.number("Q")
            return [self.value(inner) for _ in range(count)]
        if kind not in NUMBERS:
            raise ValueError(f"a value of the unknown type {kind}")
        return self.number(NUMBERS[kind])


def begins(path: Path) -> bool:
    """Whether a file begins as GGUF files do. Raises OSError when it cannot be read."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def read(path: Path) -> tuple[dict[str, Entry], dict[str, str]]:
    """The tensors and the short metadata of a GGUF file. Raises ModelError: damaged, or of a kind not read here."""
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            entries, metadata = _read(Cursor(file, size))
    except (ValueError, TypeError, RecursionError) as error:
        raise ModelError(f"{path.name} is a damaged GGUF file: {error}. Download it again.") from error
    _refuse(path, entries, metadata, size)
    return entries, metadata


def _read(cursor: Cursor) -> tuple[dict[str, Entry], dict[str, str]]:
    magic, version = cursor.bytes(4), cursor.number("I")
    if magic != MAGIC or version not in (2, 3):
        raise ValueError(f"its version is {version}; versions 2 and 3 are known")
    tensors, pairs = cursor.number("Q"), cursor.number("Q")
    said = {cursor.text(): cursor.value(cursor.number("I")) for _ in range(pairs)}
    raw = [_tensor(cursor) for _ in range(tensors)]
    step = said.get("general.alignment", 32)
    if not isinstance(step, int) or step < 1:
        raise ValueError(f"its alignment is {step}")
    data = -(-cursor.file.tell() // step) * step
    entries = {}
    for name, shape, dtype, offset in raw:
        restored = tuple(int(n) for n in said.get(SHAPES + name, ())) or shape
        entries[name] = Entry(restored, dtype, data + offset)
    return entries, {k: str(v) for k, v in said.items() if not isinstance(v, list)}


def _tensor(cursor: Cursor) -> tuple[str, tuple[int, ...], str, int]:
    name = cursor.text()
    sides = [cursor.number("Q") for _ in range(cursor.number("I"))]
    kind, offset = cursor.number("I"), cursor.number("Q")
    return name, tuple(reversed(sides)), TYPES.get(kind, f"ggml type {kind}"), offset


def _refuse(path: Path, entries: Mapping[str, Entry], metadata: Mapping[str, str], size: int) -> None:
    """Raise ModelError for what is not read: no weights, their types, language models, files cut off."""
    if not entries:
        raise ModelError(f"{path.name} is a GGUF file without tensors. Download it again.")
    strange = next((f"{n!r} is {e.dtype}" for n, e in entries.items() if e.dtype not in TYPES.values()), None)
    if strange:
        raise ModelError(f"{path.name}: the tensor {strange}, which is not read. Get the file as Q8_0, or safetensors.")
    if any(name.startswith(LANGUAGE) for name in entries):
        what = metadata.get("general.architecture", "unknown")
        raise ModelError(
            f"{path.name} is a language model in GGUF (architecture {what}). Of GGUF only denoisers are read; get the "
            "text encoder as .safetensors."
        )
    end = max((e.start + nbytes(e.shape, e.dtype) for e in entries.values()), default=0)
    if end > size:
        raise ModelError(f"{path.name} is truncated: its tensors end at byte {end:,} of {size:,}. Download it again.")


def nbytes(shape: tuple[int, ...], dtype: str) -> int:
    """The size of a tensor in the file."""
    plain = {"F64": 8, "I64": 8, "F32": 4, "I32": 4, "I8": 1}
    numbers, size = BLOCKS.get(dtype, (1, plain.get(dtype, 2)))
    return prod(shape) // numbers * size
