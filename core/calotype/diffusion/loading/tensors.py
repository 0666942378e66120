"""Reading tensors: mapped from the file, seen as a module wants them, cast and moved only where asked."""

from __future__ import annotations

import ctypes
import mmap
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import torch
from torch import Tensor, nn

from calotype.diffusion import gguf
from calotype.diffusion.header import Header, read_header
from calotype.diffusion.layouts.take import Take, Takes
from calotype.diffusion.loading.blocks import Blocks, mapped, shape_of
from calotype.diffusion.loading.stored import keep
from calotype.errors import ModelError

DTYPES = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
    "F8_E4M3": torch.float8_e4m3fn, "F8_E5M2": torch.float8_e5m2,
    "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool,
} | dict.fromkeys(gguf.BLOCKS, torch.uint8)  # fmt: skip
HEADERS = 8  # that are remembered


class Shared:
    """Tensors that live modules hold, so that the next module of the same file takes them instead of its own.

    Responsibilities: the same tensor of a file, on the same device, in the same type, exists once; it goes with
    the last module that holds it. The header of a file is read once for its parts.
    """

    def __init__(self) -> None:
        self._headers: dict[tuple[Path, int, int], Header] = {}
        self._held: WeakValueDictionary[tuple[Any, ...], nn.Parameter] = WeakValueDictionary()
        self._lock = threading.Lock()

    def find(self, key: tuple[Any, ...]) -> nn.Parameter | None:
        """The tensor of `key`, if some module holds it."""
        with self._lock:
            return self._held.get(key)

    def keep(self, key: tuple[Any, ...], parameter: nn.Parameter) -> nn.Parameter:
        """Remember a tensor for as long as somebody holds it; gives back the one that was there first."""
        with self._lock:
            return self._held.setdefault(key, parameter)

    def header(self, path: Path) -> Header:
        """The header of a file or folder; that of a file is remembered while the file stays as it is."""
        if path.is_dir() or not path.exists():
            return read_header(path)
        stat = path.stat()
        key = (path, stat.st_size, stat.st_mtime_ns)
        with self._lock:
            known = self._headers.get(key)
        if known is None:
            known = read_header(path)
            with self._lock:
                while len(self._headers) >= HEADERS:
                    del self._headers[next(iter(self._headers))]
                self._headers[key] = known
        return known


def drop_pages(tensor: Tensor) -> None:
    """Let the system take back the pages of a mapped tensor that was copied: otherwise a file that is cast on loading
    is resident whole beside its copy. The file has them still. Does nothing where the system has no madvise.
    """
    if sys.platform != "linux" or tensor.device.type != "cpu":
        return
    page = mmap.PAGESIZE
    start = -(-tensor.data_ptr() // page) * page
    length = (tensor.data_ptr() + tensor.nbytes) // page * page - start
    if length > 0:
        ctypes.CDLL(None).madvise(ctypes.c_void_p(start), ctypes.c_size_t(length), mmap.MADV_DONTNEED)


@dataclass(frozen=True, slots=True)
class Types:
    """In which types weights are held and computed with.

    compute: of computation; small: whether weights that the file stores in 16 bits stay so where computation is wider.
    Those in 8 bits always do. Vectors and single numbers, which are small, never do. narrow: whether layers will keep
    theirs in 8 bits, see `narrow`.
    """

    compute: torch.dtype
    small: bool = False
    narrow: bool = False

    def held(self, take: Take) -> torch.dtype:
        """The type in which a tensor is held. Whole numbers stay. Raises ModelError for a type unknown here."""
        stored = DTYPES.get(take.source.dtype)
        if stored is None:
            raise ModelError(
                f"{take.source.file.name}: {take.source.name!r} has type {take.source.dtype}, unknown here."
            )
        if not stored.is_floating_point:
            return stored
        stays = stored.itemsize == 1 or (self.small and stored.itemsize < self.compute.itemsize)
        return stored if stays and len(take.shape) > 1 else self.compute

    def size(self, take: Take) -> int:
        """Bytes that it takes in memory; where layers keep theirs in 8 bits, as if all did."""
        if take.source.dtype in gguf.BLOCKS:
            return int(take.source.nbytes * take.share)
        narrow = self.narrow and len(take.shape) > 1
        return prod(take.shape) * (1 if narrow else self.held(take).itemsize)


class Reader:
    """Reads the tensors of one file or folder.

    Responsibilities: zero-copy views of the mapped file where neither type nor device changes; one open handle a file.

    identity: what tells this file from all others (its content hash, or path and time). types: None for as stored.
    """

    def __init__(self, identity: str, device: torch.device, types: Types | None, shared: Shared) -> None:
        self.identity = identity
        self.device = device
        self.types = types
        self._shared = shared
        self._files: dict[Path, Any] = {}

    def read(self, takes: Takes) -> dict[str, nn.Parameter]:
        """The tensors as parameters that learn nothing, by name."""
        return {name: self._parameter(take) for name, take in takes.items()}

    def scales(self, takes: Takes) -> dict[str, Tensor]:
        """The numbers that stored tensors are to be multiplied by, of those that have one."""
        return {name: self.raw(Take(t.scale)).to(self.device) for name, t in takes.items() if t.scale is not None}

    def _parameter(self, take: Take) -> nn.Parameter:
        dtype = self.types.held(take) if self.types else DTYPES[take.source.dtype]
        view_of = (take.source.name, take.rows, take.squeeze, take.transpose, take.swap)
        key = (self.identity, take.source.file, view_of, self.device, dtype, take.scale is not None)
        held = self._shared.find(key)
        if held is None:
            raw = self.raw(take)
            tensor = view(raw, take).to(self.device, dtype)
            if take.scale is not None and dtype.itemsize > 1:  # cast on loading: its scale goes with it
                tensor = tensor * self.raw(Take(take.scale)).to(self.device, dtype)
            if tensor.untyped_storage().data_ptr() != raw.untyped_storage().data_ptr():
                drop_pages(raw)
            held = self._shared.keep(key, parameter(tensor, take))
        return held

    def raw(self, take: Take) -> Tensor:
        """The tensor as it lies in the file; a view of the mapped file."""
        from safetensors import SafetensorError, safe_open

        path = take.source.file
        try:
            if path not in self._files:
                self._files[path] = None if gguf.begins(path) else safe_open(path, framework="pt", device="cpu")
            file = self._files[path]
            return mapped(take.source, DTYPES) if file is None else file.get_tensor(take.source.name)
        except (OSError, SafetensorError) as error:
            raise ModelError(f"{path.name}: tensor {take.source.name!r} cannot be read: {error}") from error


def parameter(tensor: Tensor, take: Take) -> nn.Parameter:
    """A tensor as a weight that learns nothing."""
    if take.source.dtype in gguf.BLOCKS:
        return Blocks(tensor, take.source.dtype, take.shape)
    return nn.Parameter(tensor, requires_grad=False)


def view(tensor: Tensor, take: Take) -> Tensor:
    """The view of a tensor that `take` asks for."""
    if take.rows is not None:
        tensor = tensor[take.rows[0] : take.rows[1]]
    if take.swap:
        tensor = torch.cat(tensor.chunk(2)[::-1])
    if take.squeeze:
        tensor = tensor.flatten(1) if tensor.shape[2:].numel() == 1 else tensor
    return tensor.T if take.transpose else tensor


def stored_dtype(takes: Iterable[Take]) -> torch.dtype:
    """The floating type that most bytes of these tensors have, uint8 for blocks; float32 when there is none."""
    counts: Counter[torch.dtype] = Counter()
    for take in takes:
        dtype = DTYPES.get(take.source.dtype)
        if dtype is not None and (dtype.is_floating_point or take.source.dtype in gguf.BLOCKS):
            counts[dtype] += take.source.nbytes
    return counts.most_common(1)[0][0] if counts else torch.float32


def assign(
    module: nn.Module,
    parameters: Mapping[str, nn.Parameter],
    name: str,
    dtype: torch.dtype,
    scales: Mapping[str, Tensor] | None = None,
) -> nn.Module:
    """Give a module that was built without memory its tensors. Raises ModelError naming what lacks or does not fit.

    name: of the file, for messages; dtype: of computation, to which weights stored otherwise are cast where they are
    used; scales: of stored weights, by name.
    """
    wanted = {k: v for k, v in module.state_dict(keep_vars=True).items() if isinstance(v, Tensor)}
    refuse_unfit(shapes_of(module), {k: shape_of(v) for k, v in parameters.items()}, name)
    owners = dict(module.named_modules())
    stored: dict[str, dict[str, tuple[nn.Parameter, Tensor | None]]] = {}
    for key, old in wanted.items():
        owner, _, leaf = key.rpartition(".")
        new = parameters[key]
        if not isinstance(old, nn.Parameter):
            setattr(owners[owner], leaf, buffered(new.data, dtype))
        elif isinstance(new, Blocks) or (new.is_floating_point() and new.dtype != dtype):
            stored.setdefault(owner, {})[leaf] = (new, (scales or {}).get(key))
        else:
            setattr(owners[owner], leaf, new)
    for owner, weights in stored.items():
        keep(owners[owner], weights, dtype)
    return module.eval()


def buffered(tensor: Tensor, dtype: torch.dtype) -> Tensor:
    """A tensor of a module that is no weight: in 16 bits it may stay, arithmetic widens it; 8 bits become 16."""
    if not tensor.is_floating_point() or tensor.dtype.itemsize == 2 < dtype.itemsize:
        return tensor
    return tensor.to(torch.bfloat16 if tensor.dtype.itemsize == 1 < dtype.itemsize else dtype)


def shapes_of(module: nn.Module) -> dict[str, tuple[int, ...]]:
    """The shapes of the tensors that a module needs."""
    return {k: tuple(v.shape) for k, v in module.state_dict(keep_vars=True).items() if isinstance(v, Tensor)}


def refuse_unfit(
    expected: Mapping[str, tuple[int, ...]], found: Mapping[str, tuple[int, ...]], name: str, title: str = ""
) -> None:
    """Raise ModelError unless every expected tensor is there and of its shape. title: of the family, for people."""
    of = f" of {title}" if title else ""
    missing = [k for k in expected if k not in found]
    wrong = [k for k in expected if k in found and found[k] != expected[k]]
    if missing:
        strange = next((f"; it has {k!r}, which is none of them" for k in found if k not in expected), "")
        raise ModelError(
            f"{name} is incomplete: {len(missing)} tensors{of} are missing, such as {missing[0]!r}"
            f"{strange}. Download it again, from where it was published first."
        )
    if wrong:
        said = f"{wrong[0]!r} is {found[wrong[0]]}, expected {expected[wrong[0]]}"
        raise ModelError(
            f"{name}: {len(wrong)} tensors{of} do not fit together; {said}. Download it again, from "
            "where it was published first."
        )
