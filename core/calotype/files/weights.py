"""Reading what a weights file says of itself, without torch, and refusing what is not safetensors."""

from __future__ import annotations

import json
import math
import os
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from calotype.errors import ModelError

MAX_HEADER = 100_000_000  # bytes; the limit of the safetensors format
BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "U16": 16, "I16": 16, "F16": 16, "BF16": 16, "U32": 32, "I32": 32, "F32": 32, "U64": 64, "I64": 64, "F64": 64,
    "C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
}  # fmt: skip
PICKLES = frozenset({".ckpt", ".pt", ".pth", ".bin", ".pkl", ".pickle"})
ZIP, PICKLE, GGUF = b"PK\x03\x04", b"\x80", b"GGUF"
CONVERT = (
    "A file of this kind can run any code when it is opened. Get the model as .safetensors, or convert it: "
    "https://huggingface.co/docs/safetensors/convert-weights"
)


def safetensors_header(path: Path) -> dict[str, Any]:
    """The header of a safetensors file: tensor name to {"dtype", "shape", "data_offsets"}, and "__metadata__".

    Reads the header only. Raises ModelError if the file is a pickle, cut short, or not what its header says.
    """
    try:
        with path.open("rb") as file:
            return read_header(file, path.name)
    except OSError as error:
        raise ModelError(f'the weights file "{path.name}" cannot be read: {error.strerror or error}') from error


def read_header(file: BinaryIO, name: str) -> dict[str, Any]:
    """As `safetensors_header`, from an open seekable file that messages call `name`."""
    size = os.fstat(file.fileno()).st_size
    start = file.read(8)
    _refuse_others(start, name)
    if len(start) < 8:
        raise _damaged(name, f"it has {size} bytes, too few for safetensors")
    (length,) = struct.unpack("<Q", start)
    if length > MAX_HEADER:
        raise ModelError(f'the weights file "{name}" is not safetensors: its header would have {length} bytes')
    if 8 + length > size:
        raise _damaged(name, f"its header ends at byte {8 + length}, the file at byte {size}")
    header = _parsed(file.read(length), name)
    _check_tensors(header, size - 8 - length, name)
    return header


def _refuse_others(start: bytes, name: str) -> None:
    suffix = Path(name).suffix.lower()
    if start.startswith(ZIP) or _is_pickle(start) or (suffix in PICKLES and not _may_be_header(start)):
        raise ModelError(f'the weights file "{name}" is a Python pickle, which is never opened. {CONVERT}')
    if start.startswith(GGUF):
        raise ModelError(f'the weights file "{name}" is GGUF, which cannot be read yet. Get it as .safetensors.')
    if start.startswith(b"version "):
        raise ModelError(f'the weights file "{name}" is a Git LFS pointer, not the file. Run "git lfs pull".')
    if start.lstrip().startswith(b"<") and not _may_be_header(start):
        raise ModelError(f'the weights file "{name}" is a web page, not weights. Download it again.')


def _is_pickle(start: bytes) -> bool:
    """Protocols 2 to 5 begin with 0x80 and the protocol; a header whose length begins so has zeros at its end."""
    return start[:1] == PICKLE and len(start) > 1 and 2 <= start[1] <= 5 and not _may_be_header(start)


def _may_be_header(start: bytes) -> bool:
    return len(start) == 8 and int(struct.unpack("<Q", start)[0]) <= MAX_HEADER


def _parsed(raw: bytes, name: str) -> dict[str, Any]:
    try:
        header = json.loads(raw, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise _damaged(name, f"its header cannot be read: {error}") from error
    if not isinstance(header, dict):
        raise _damaged(name, "its header is not a JSON object")
    return header


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    said = dict(pairs)
    if len(said) != len(pairs):
        raise ValueError("a name stands in it twice")
    return said


def _check_tensors(header: Mapping[str, Any], room: int, name: str) -> None:
    """Every tensor has as many bytes as its shape says, inside the file, one after the other without holes."""
    spans = []
    for tensor, said in header.items():
        if tensor == "__metadata__":
            if not isinstance(said, dict) or not all(isinstance(v, str) for v in said.values()):
                raise _damaged(name, "its __metadata__ is not an object of strings")
            continue
        spans.append(_span(tensor, said, name))
    end = 0
    for first, last, tensor in sorted(spans):
        if first != end:
            raise _damaged(name, f'the tensor "{tensor}" begins at byte {first} of the data, not at {end}')
        end = last
    if end > room:
        raise _damaged(name, f"it is cut short: {room} bytes of data where {end} should be")
    if end < room:
        raise _damaged(name, f"it has {room - end} bytes that belong to no tensor")


def _span(tensor: str, said: Any, name: str) -> tuple[int, int, str]:
    match said:
        case {"dtype": str() as dtype, "shape": list() as shape, "data_offsets": [int() as first, int() as last]}:
            pass
        case _:
            raise _damaged(name, f'the tensor "{tensor}" has no dtype, shape and data_offsets')
    if dtype not in BITS:
        raise ModelError(f'the weights file "{name}": the tensor "{tensor}" has the unknown dtype {dtype!r}')
    if not all(type(n) is int and n >= 0 for n in shape):
        raise _damaged(name, f'the tensor "{tensor}" has the shape {shape}')
    if first < 0 or (last - first) * 8 != math.prod(shape) * BITS[dtype]:
        raise _damaged(name, f'the tensor "{tensor}" has {last - first} bytes, not those of {dtype} {shape}')
    return first, last, tensor


def _damaged(name: str, why: str) -> ModelError:
    return ModelError(f'the weights file "{name}" is damaged: {why}. Download or copy it again.')
