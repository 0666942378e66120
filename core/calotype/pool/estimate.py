"""How many bytes a call computes in, found without a device: it is made on tensors that have shapes and no memory."""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from calotype.pool.leaves import tensors_in
from calotype.pool.seats import Seat

META = torch.device("meta")
_log = logging.getLogger(__name__)


def shape_of(call: str, args: Iterable[Any], kwargs: Mapping[str, Any]) -> str:
    """What of a call's arguments its memory depends on, as text."""
    return f"{call}({', '.join(_said(v) for v in (*args, *kwargs.values()))})"


def _said(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"{str(value.dtype).removeprefix('torch.')}{list(value.shape)}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_said, value))}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{k}: {_said(v)}' for k, v in value.items() if isinstance(v, Tensor))}}}"
    return "-" if value is None else type(value).__name__


def kind_of(seats: Iterable[Seat]) -> str:
    """A short name for networks whose tensors have these shapes and types: equal ones need equal memory."""
    digest = hashlib.blake2b(digest_size=8)
    for seat in seats:
        digest.update(f"{type(seat.layer).__name__}.{seat.name}{list(seat.home.shape)}{seat.home.dtype}".encode())
    return digest.hexdigest()


def estimated(owner: Any, method: Callable[..., Any], seats: Iterable[Seat], args: Any, kwargs: Any) -> int | None:
    """The most bytes that live at a time in a call, beside weights; None where it looks into its tensors.

    owner: what has the method; its `device` is another one meanwhile. What sat in the seats sits there
    again afterwards.
    """
    seats = list(seats)
    sat = [seat.now for seat in seats]
    for seat in seats:
        seat.leave()
    live = _Live()
    try:
        with _on_meta(owner), torch.no_grad(), _Attention(), live:
            method(*_meta(args), **_meta(kwargs))
    except (RuntimeError, NotImplementedError, TypeError, ValueError, AttributeError) as error:
        _log.debug("no estimate for %s: %s", method, error)
        return None
    finally:
        for seat, tensor in zip(seats, sat, strict=True):
            seat.put(tensor)
    return live.peak


@contextmanager
def _on_meta(owner: Any) -> Iterator[None]:
    device = getattr(owner, "device", None)
    if not isinstance(device, torch.device) or "device" not in vars(owner):
        yield
        return
    owner.device = META
    try:
        yield
    finally:
        owner.device = device


def _meta(value: Any) -> Any:
    """The same without memory."""
    if isinstance(value, Tensor):
        return value.to(META)
    if isinstance(value, torch.device):
        return META
    if isinstance(value, Mapping):
        return {k: _meta(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return type(value)(map(_meta, value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.replace(value, **{f.name: _meta(getattr(value, f.name)) for f in dataclasses.fields(value)})
    return value


class _Attention(TorchFunctionMode):
    """Attention as fused kernels compute it: without a matrix of scores."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Only the result's shape."""
        if func is not torch.nn.functional.scaled_dot_product_attention:
            return func(*args, **(kwargs or {}))
        said = dict(zip(("query", "key", "value"), args, strict=False)) | (kwargs or {})
        query, value = said["query"], said["value"]
        return query.new_empty(*query.shape[:-1], value.shape[-1])


class _Live(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Adds up what lives. Each storage is rounded up as a CUDA allocator does."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.now = self.peak = 0
        self._seen: set[int] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """The operation; what it makes is counted as long as it lives."""
        made = func(*args, **(kwargs or {}))
        given = {t.untyped_storage()._cdata for t in tensors_in((args, kwargs))}
        for tensor in tensors_in(made):
            if tensor.device.type == "meta":
                self._count(tensor, given)
        self.peak = max(self.peak, self.now)
        return made

    def _count(self, tensor: Tensor, given: set[int]) -> None:
        storage = tensor.untyped_storage()
        key = storage._cdata
        if key in self._seen or key in given:
            return
        size = -(-storage.nbytes() // 512) * 512
        self._seen.add(key)
        self.now += size
        weakref.finalize(storage, self._drop, key, size)

    def _drop(self, key: int, size: int) -> None:
        self._seen.discard(key)
        self.now -= size
