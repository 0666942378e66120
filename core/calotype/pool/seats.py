"""Where the tensors of a network sit, and putting others in their places."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

ALIGN = 256  # bytes


@dataclass(eq=False, slots=True)
class Seat:
    """One parameter or buffer of one layer. home: the tensor in main memory, which is never written to."""

    layer: nn.Module
    name: str
    weighs: bool
    home: Tensor

    @property
    def bytes(self) -> int:
        """What it takes on a device."""
        return padded(self.home.nbytes)

    @property
    def now(self) -> Tensor:
        """What sits here."""
        return (self.layer._parameters if self.weighs else self.layer._buffers)[self.name]  # type: ignore[return-value]

    def put(self, tensor: Tensor) -> None:
        """Seat a tensor."""
        sits: dict[str, Any] = self.layer._parameters if self.weighs else self.layer._buffers
        sits[self.name] = tensor

    def leave(self) -> None:
        """Seat something without memory: whoever computes with it fails, and does not compute nonsense."""
        self.put(remade(self.home, self.home.data.to("meta")))

    def back(self) -> None:
        """Seat what sat here at first."""
        self.put(self.home)


def seats_of(networks: Iterable[nn.Module]) -> dict[nn.Module, list[Seat]]:
    """The seats of each layer's own tensors. What is not in memory at all has none."""
    found: dict[nn.Module, list[Seat]] = {}
    for layer in dict.fromkeys(layer for network in networks for layer in network.modules()):
        seats = [Seat(layer, n, True, p) for n, p in layer._parameters.items() if p is not None]
        seats += [Seat(layer, n, False, b) for n, b in layer._buffers.items() if b is not None]
        found[layer] = [seat for seat in seats if seat.home.device.type != "meta"]
    return found


def padded(size: int) -> int:
    """Bytes with what alignment adds."""
    return -(-size // ALIGN) * ALIGN


def size_of(seats: Iterable[Seat]) -> int:
    """Bytes that the tensors of some seats take together; one that sits twice counts once."""
    return sum({id(seat.home): seat.bytes for seat in seats}.values())


def remade(home: Tensor, data: Tensor) -> Tensor:
    """Other data as the same kind of tensor."""
    if type(home) is Tensor:
        return data
    made: Tensor = torch.Tensor._make_subclass(type(home), data, False)
    made.__dict__.update(home.__dict__)
    return made


def laid_in(flat: Tensor, offset: int, home: Tensor) -> Tensor:
    """A tensor like `home`, strides too, in a flat buffer from `offset` on: kernels choose their way by strides."""
    like = torch.empty_like(home.data, device="meta")
    whole = flat[offset : offset + home.nbytes].view(home.dtype)
    return whole.as_strided(like.shape, like.stride(), whole.storage_offset())
