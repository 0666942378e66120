"""Reading tensors: mapped from the file, seen as a module wants them, cast and moved only where asked."""

from __future__ import annotations

import ctypes
import mmap
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import torch
from torch import Tensor, nn

from calotype.diffusion.header import Header, read_header
from calotype.diffusion.layouts.take import Take, Takes
from calotype.errors import ModelError

DTYPES = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
    "F8_E4M3": torch.float8_e4m3fn, "F8_E5M2": torch.float8_e5m2,
    "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool,
}  # fmt: skip
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


class Reader:
    """Reads the tensors of one file or folder.

    Responsibilities: zero-copy views of the mapped file where neither type nor device changes; one open handle a file.

    identity: what tells this file from all others (its content hash, or path and time).
    """

    def __init__(self, identity: str, device: torch.device, dtype: torch.dtype | None, shared: Shared) -> None:
        self.identity = identity
        self.device = device
        self.dtype = dtype
        self._shared = shared
        self._files: dict[Path, Any] = {}

    def read(self, takes: Takes) -> dict[str, nn.Parameter]:
        """The tensors as parameters that learn nothing, by name."""
        return {name: self._parameter(take) for name, take in takes.items()}

    def _parameter(self, take: Take) -> nn.Parameter:
        key = (self.identity, take.source.file.name, take.source.name, take.third, self.device, self.dtype)
        held = self._shared.find(key)
        if held is None:
            raw = self.raw(take)
            tensor = view(raw, take).to(self.device, self._dtype(take))
            if tensor.untyped_storage().data_ptr() != raw.untyped_storage().data_ptr():
                drop_pages(raw)
            held = self._shared.keep(key, nn.Parameter(tensor, requires_grad=False))
        return held

    def raw(self, take: Take) -> Tensor:
        """The tensor as it lies in the file; a view of the mapped file."""
        from safetensors import SafetensorError, safe_open

        path = take.source.file
        try:
            if path not in self._files:
                self._files[path] = safe_open(path, framework="pt", device="cpu")
            return self._files[path].get_tensor(take.source.name)
        except (OSError, SafetensorError) as error:
            raise ModelError(f"{path.name}: tensor {take.source.name!r} cannot be read: {error}") from error

    def _dtype(self, take: Take) -> torch.dtype | None:
        """Floating tensors are cast; whole numbers stay."""
        stored = DTYPES.get(take.source.dtype)
        if stored is None:
            raise ModelError(
                f"{take.source.file.name}: {take.source.name!r} has type {take.source.dtype}, unknown here."
            )
        return self.dtype if stored.is_floating_point else stored


def view(tensor: Tensor, take: Take) -> Tensor:
    """The view of a tensor that `take` asks for."""
    if take.third is not None:
        rows = tensor.shape[0] // 3
        tensor = tensor[take.third * rows : (take.third + 1) * rows]
    if take.squeeze:
        tensor = tensor.flatten(1) if tensor.shape[2:].numel() == 1 else tensor
    return tensor.T if take.transpose else tensor


def stored_dtype(takes: Iterable[Take]) -> torch.dtype:
    """The floating type that most bytes of these tensors have; float32 when there is none."""
    counts: Counter[torch.dtype] = Counter()
    for take in takes:
        dtype = DTYPES.get(take.source.dtype)
        if dtype is not None and dtype.is_floating_point:
            counts[dtype] += take.source.nbytes
    return counts.most_common(1)[0][0] if counts else torch.float32


def assign(module: nn.Module, parameters: Mapping[str, nn.Parameter], name: str) -> nn.Module:
    """Give a module that was built without memory its tensors. Raises ModelError naming what lacks or does not fit."""
    expected = {k: tuple(v.shape) for k, v in module.named_parameters()}
    missing = [k for k in expected if k not in parameters]
    wrong = [k for k in expected if k in parameters and tuple(parameters[k].shape) != expected[k]]
    if missing:
        raise ModelError(f"{name} is incomplete: {len(missing)} tensors are missing, such as {missing[0]!r}.")
    if wrong:
        said = f"{wrong[0]!r} is {tuple(parameters[wrong[0]].shape)}, expected {expected[wrong[0]]}"
        raise ModelError(f"{name}: {len(wrong)} tensors do not fit together; {said}.")
    owners = dict(module.named_modules())
    for key in expected:
        owner, _, leaf = key.rpartition(".")
        setattr(owners[owner], leaf, parameters[key])
    return module.eval()
