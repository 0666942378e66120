"""What networks that steer have in common, and what they add inside a U-Net."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from calotype.diffusion.network import OneNetwork
from calotype.pool.relief import Relief


@dataclass(frozen=True, eq=False, slots=True)
class ControlResiduals:
    """What is added inside a U-Net: to its skip connections, outermost first, to its middle, and by T2I-Adapters
    (`inner`) to what goes through each level on the way down. Empty or None where nothing is added.
    """

    down: tuple[Tensor, ...] = ()
    middle: Tensor | None = None
    inner: tuple[Tensor, ...] = ()

    def __add__(self, other: ControlResiduals) -> ControlResiduals:
        """Several at work together."""
        middle = [m for m in (self.middle, other.middle) if m is not None]
        return ControlResiduals(
            _added(self.down, other.down),
            sum(middle[1:], middle[0]) if middle else None,
            _added(self.inner, other.inner),
        )


def _added(a: tuple[Tensor, ...], b: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return tuple(x + y for x, y in zip(a, b, strict=True)) if a and b else a or b


class Encodes(Protocol):
    """A VAE, as hints need it."""

    def encode(self, pixels: Tensor) -> Tensor:
        """Pictures (B, H, W, 3) in 0..1 to latents in the VAE's units."""


class SteeringModel(OneNetwork):
    """A network that steers, on its device.

    Responsibilities: what it adds for one step; what it makes of a hint that is the same at every step, once.
    """

    needs_vae = False
    needs_denoiser = False
    relief: Relief | None = None

    def __init__(
        self,
        family: str,
        module: nn.Module,
        device: torch.device,
        dtype: torch.dtype,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        """facts: what its file says beside the weights, by name."""
        self.family = family
        self.module: Any = module
        self.device = device
        self.dtype = dtype
        self.facts = dict(facts or {})
        self._made: tuple[weakref.ref[Tensor], Any] | None = None

    def calls(self) -> Iterator[tuple[Any, str]]:
        """What computes with them: objects and names of their methods."""
        yield self, "residuals"

    def once(self, hint: Tensor, make: Callable[[Tensor], Any]) -> Any:
        """`make(hint)`, kept for as long as the same hint comes."""
        made = self._made
        if made is None or made[0]() is not hint:
            made = self._made = (weakref.ref(hint), make(hint))
        return made[1]


class Steering:
    """A network that steers together with what it computes with: the VAE that its hints go through, the denoiser."""

    def __init__(self, model: Any, parts: Mapping[str, Any]) -> None:
        self._model = model
        self._parts = parts

    def residuals(self, *args: Any, **kwargs: Any) -> Any:
        """As the network's own."""
        return self._model.residuals(*args, **kwargs, **self._parts)


def with_parts(model: Any, vae: Encodes | None = None, denoiser: Any = None) -> Any:
    """The network, with a VAE for its hints and the denoiser that it steers, where it is given and wants them."""
    given = {"vae": vae, "denoiser": denoiser}
    parts = {name: part for name, part in given.items() if part is not None and getattr(model, f"needs_{name}", False)}
    return Steering(model, parts) if parts else model
