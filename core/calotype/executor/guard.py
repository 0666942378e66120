"""The mutation guard: a node that changes an input in place is found out by name.

Inputs are shared with the store and with other nodes, so a change in place would spoil their results silently.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from calotype.store.codecs import PARALLEL_BYTES
from calotype.types import tensors_of

if TYPE_CHECKING:
    from torch import Tensor

PLAIN = frozenset((int, float, str, bool, type(None)))


class Guard:
    """Remembers what tensors looked like. A digest of each CPU tensor is taken once and checked after every use."""

    def __init__(self) -> None:
        self._seen: dict[int, tuple[Tensor, Any]] = {}

    def watch(self, values: Iterable[Any]) -> list[Tensor]:
        """The tensors inside of a node's inputs, each with a mark taken."""
        found = [t for v in values if type(v) not in PLAIN for t in tensors_of(v)]
        for tensor in found:
            if id(tensor) not in self._seen:
                self._seen[id(tensor)] = (tensor, mark(tensor))
        return found

    def changed(self, tensors: Iterable[Tensor]) -> bool:
        """Whether any of the watched tensors is not what it was. Those that are not are forgotten."""
        spoilt = [t for t in tensors if self._seen[id(t)][1] != mark(t)]
        for tensor in spoilt:
            self._seen.pop(id(tensor), None)
        return bool(spoilt)

    def forget(self, values: Iterable[Any]) -> None:
        """Let go of values that nobody will read any more."""
        for value in values if self._seen else ():
            if type(value) not in PLAIN:
                for tensor in tensors_of(value):
                    self._seen.pop(id(tensor), None)  # a tensor that another result shares is marked anew at its use


def mark(tensor: Tensor) -> Any:
    """Equal before and after exactly when the tensor was left alone: its contents on the CPU, its version elsewhere."""
    if tensor.device.type != "cpu":
        return None if tensor.is_inference() else tensor._version
    import torch
    from blake3 import blake3

    flat = tensor.detach().contiguous().view(-1)
    data: Any = flat.view(torch.uint8).numpy() if flat.numel() else b""
    threads = blake3.AUTO if tensor.nbytes > PARALLEL_BYTES else 1
    return blake3(memoryview(data), max_threads=threads).digest()
