"""Writing a safetensors file: its header first, then weights as they are computed, each at its place."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import BinaryIO

import torch
from torch import Tensor

from calotype.diffusion.gguf import BLOCKS
from calotype.diffusion.layouts.take import Take
from calotype.diffusion.loading.blocks import Blocks
from calotype.diffusion.loading.patched import patched, unrounded
from calotype.diffusion.loading.stored import cast
from calotype.diffusion.loading.tensors import DTYPES
from calotype.diffusion.saving.leaving import Leaving, Numbers
from calotype.errors import ModelError

ALIGN = 8  # bytes; where the data begins
AT_ONCE = 256 << 20  # bytes of a file that are computed at a time
BLOCK = re.compile(r"(?:.*\.)?(?:\w*blocks|layers|block|resnets)\.\d+")
"""The block that a tensor is in: what changes several weights together changes those of one block."""
NAMES = {dtype: name for name, dtype in DTYPES.items() if name not in BLOCKS}

OnStep = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Entry:
    """One tensor of the file. sources: the module's tensors that it is made of, in order; begin: of its data."""

    part: Leaving
    name: str
    sources: tuple[str, ...]
    dtype: torch.dtype
    shape: tuple[int, ...]
    begin: int = 0

    @property
    def nbytes(self) -> int:
        """Its size."""
        return prod(self.shape) * self.dtype.itemsize

    @property
    def block(self) -> str:
        """The block that it is in; "" for what is in none."""
        found = BLOCK.match(self.sources[0])
        return found.group() if found else ""


def write(
    parts: Sequence[Leaving],
    file: BinaryIO,
    metadata: Mapping[str, str],
    markers: Sequence[str] = (),
    numbers: Numbers = "stored",
    on_step: OnStep = lambda done, total: None,
) -> None:
    """Write parts of models as one safetensors file. file: empty, and able to seek.

    markers: names of empty tensors. on_step: told before each portion, and at the end. Raises ModelError, OSError.
    """
    every = placed([entry for part in parts for entry in entries_of(part, numbers)])
    start = begin(file, every, metadata, markers)
    for entry, values in computed(every, on_step):
        put(file, start + entry.begin, joined(entry, values))


def computed(entries: Sequence[Entry], on_step: OnStep) -> Iterator[tuple[Entry, Mapping[str, Tensor]]]:
    """Each tensor with the weights that it is made of, some blocks at a time."""
    parts = list({id(entry.part): entry.part for entry in entries}.values())
    portions = [portion for part in parts for portion in portions_of([e for e in entries if e.part is part])]
    for done, portion in enumerate(portions):
        on_step(done, len(portions))
        values = weights_of(portion[0].part, [name for entry in portion for name in entry.sources])
        yield from ((entry, values) for entry in portion)
    on_step(len(portions), len(portions))


def put(file: BinaryIO, at: int, tensor: Tensor) -> None:
    """Write a tensor's bytes at a place."""
    file.seek(at)
    file.write(tensor.contiguous().reshape(-1).view(torch.uint8).numpy().data)


def entries_of(part: Leaving, numbers: Numbers) -> Iterator[Entry]:
    """The tensors of a file that a part becomes."""
    for name, sources in part.tensors().items():
        shape = part.written[sources[0]].source.shape
        yield Entry(part, part.prefix + name, tuple(sources), part.dtype(sources[0], numbers), shape)


def placed(entries: Sequence[Entry]) -> list[Entry]:
    """The same with their places: the widest types first, so that each stands at a multiple of its item size."""
    found, end = [], 0
    for entry in sorted(entries, key=lambda one: (-one.dtype.itemsize, one.name)):
        found.append(replace(entry, begin=end))
        end += entry.nbytes
    return found


def begin(file: BinaryIO, entries: Sequence[Entry], metadata: Mapping[str, str], markers: Sequence[str] = ()) -> int:
    """Write the header; where the data begins."""
    end = max((entry.begin + entry.nbytes for entry in entries), default=0)
    said = {
        entry.name: {
            "dtype": NAMES[entry.dtype],
            "shape": list(entry.shape),
            "data_offsets": [entry.begin, entry.begin + entry.nbytes],
        }
        for entry in entries
    } | {name: {"dtype": "F32", "shape": [0], "data_offsets": [end, end]} for name in markers}
    text = json.dumps({"__metadata__": dict(metadata), **said}, separators=(",", ":")).encode()
    text += b" " * (-len(text) % ALIGN)
    file.write(struct.pack("<Q", len(text)) + text)
    return 8 + len(text)


def portions_of(entries: Sequence[Entry]) -> list[list[Entry]]:
    """Tensors of one part in portions of whole blocks, each of `AT_ONCE` bytes or of one block."""
    blocks: dict[str, list[Entry]] = {}
    for entry in entries:
        blocks.setdefault(entry.block, []).append(entry)
    portions: list[list[Entry]] = []
    room = 0
    for block in blocks.values():
        size = sum(entry.nbytes for entry in block)
        if not portions or size > room:
            portions.append([])
            room = AT_ONCE
        portions[-1] += block
        room -= size
    return portions


def weights_of(part: Leaving, names: Sequence[str]) -> dict[str, Tensor]:
    """Some of a module's tensors as the patches leave them; in float32 those that have changed.

    The text encoders' are rounded as they are wherever they compute, see `patched`.
    """
    some = {name: part.takes[name] for name in names}
    reader = part.job.reader(None)
    read, scales = reader.read(some), reader.scales(some)
    if part.job.kind == "text_encoder":
        changed = patched(part.job, read, part.takes, scales, part.place)
    else:
        changed = unrounded(part.job, read, part.takes, scales, part.place)
    return {name: numbers_of(weight, scales.get(name)) for name, weight in changed.items()}


def numbers_of(weight: Tensor, scale: Tensor | None) -> Tensor:
    """The numbers of a weight: those that are stored in 8 bits or in blocks become float32."""
    small = isinstance(weight, Blocks) or (weight.is_floating_point() and weight.dtype.itemsize == 1)
    return cast(weight, torch.float32, scale).detach() if small else weight.data


def joined(entry: Entry, values: Mapping[str, Tensor]) -> Tensor:
    """A tensor of the file from those of the module. Raises ModelError where its format cannot say it."""
    whole = [values[name] for name in entry.sources]
    takes = [entry.part.written[name] for name in entry.sources]
    one = torch.cat([turned(*pair) for pair in zip(whole, takes, strict=True)]) if len(whole) > 1 else None
    one = turned(whole[0], takes[0]) if one is None else one
    out = one.to(entry.dtype).contiguous()
    if entry.dtype == torch.float16 and bool((out.isinf() & one.isfinite()).any()):
        raise ModelError(
            f"{entry.name!r} has numbers that are too large for float16. Choose bfloat16 or float32 as the numbers of "
            "the file."
        )
    return out


def turned(value: Tensor, take: Take) -> Tensor:
    """The inverse of `loading.tensors.view`: a module's tensor as rows of that of the file."""
    rows = value.T if take.transpose else value
    rows = torch.cat(rows.chunk(2)[::-1]) if take.swap else rows
    return rows.reshape(-1, *take.source.shape[1:]) if take.source.shape else rows
