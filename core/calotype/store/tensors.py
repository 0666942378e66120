"""Tensors as the bytes of a safetensors file, and back. Torch is imported when a tensor is at hand or asked for."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.errors import StoreError

if TYPE_CHECKING:
    from torch import Tensor

SUFFIX = ".safetensors"
ALIGN = 8  # bytes; safetensors wants its data to begin at a multiple of it
DTYPES = {
    "bool": "BOOL", "uint8": "U8", "int8": "I8", "uint16": "U16", "int16": "I16", "uint32": "U32", "int32": "I32",
    "uint64": "U64", "int64": "I64", "float16": "F16", "bfloat16": "BF16", "float32": "F32", "float64": "F64",
    "complex64": "C64", "float8_e4m3fn": "F8_E4M3", "float8_e5m2": "F8_E5M2", "float8_e4m3fnuz": "F8_E4M3FNUZ",
    "float8_e5m2fnuz": "F8_E5M2FNUZ", "float8_e8m0fnu": "F8_E8M0",
}  # fmt: skip
NAMES = {short: name for name, short in DTYPES.items()}


class Unstorable(Exception):
    """A value that cannot be written; it stays in memory. The message says which and why."""


def packed(tensors: Mapping[str, Tensor]) -> list[memoryview]:
    """The bytes of a safetensors file, in pieces; those of tensors that lie contiguous on the CPU are not copied.

    Views and shared storages are written as what they show. Raises Unstorable: a dtype or layout without a place.
    """
    header: dict[str, Any] = {}
    pieces: list[memoryview] = []
    end = 0
    # The widest types first, so that each tensor stands at a multiple of its item size.
    for name, tensor in sorted(tensors.items(), key=lambda item: (-item[1].element_size(), item[0])):
        raw = _bytes_of(name, tensor)
        shape = list(tensor.shape)
        header[name] = {"dtype": DTYPES[_dtype(tensor)], "shape": shape, "data_offsets": [end, end + raw.nbytes]}
        pieces.append(raw)
        end += raw.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % ALIGN)
    return [memoryview(struct.pack("<Q", len(text)) + text), *pieces]


def unpacked(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file, on a private mapping of it: reading costs nothing until they are read.

    Writing to them never reaches the file. Raises StoreError, OSError.
    """
    import torch

    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
    size = path.stat().st_size
    storage = torch.UntypedStorage.from_file(str(path), False, size)
    return {name: _placed(storage, said, 8 + length) for name, said in header.items() if name != "__metadata__"}


def _bytes_of(name: str, tensor: Tensor) -> memoryview:
    import torch

    if _dtype(tensor) not in DTYPES or tensor.layout != torch.strided:
        raise Unstorable(f'the tensor "{name}" is {tensor.dtype}, {tensor.layout}')
    plain = tensor.detach().resolve_conj().resolve_neg().cpu().contiguous()
    raw: Any = plain.reshape(-1).view(torch.uint8).numpy()
    return memoryview(raw)


def _dtype(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _placed(storage: Any, said: Mapping[str, Any], start: int) -> Tensor:
    import torch

    dtype = getattr(torch, NAMES[said["dtype"]])
    shape, (first, last) = said["shape"], said["data_offsets"]
    empty = torch.empty(0, dtype=dtype)
    if last - first != math.prod(shape) * empty.element_size() or start + last > storage.nbytes():
        raise StoreError("a stored tensor does not lie inside its file")
    return empty.set_(storage, (start + first) // empty.element_size(), shape, _strides(shape))


def _strides(shape: Iterable[int]) -> list[int]:
    strides, step = [], 1
    for n in reversed(list(shape)):
        strides.append(step)
        step *= max(n, 1)
    return strides[::-1]
