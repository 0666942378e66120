"""Sampling in parts: the values that its nodes hand on, where a sampler is put together from several.

Data and recipes alone, as in `calotype.types`; this module imports no torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from calotype.types import Conditioning, Model, Scalar

if TYPE_CHECKING:
    from torch import Tensor

GuiderKind = Literal["basic", "cfg", "dual", "dual_nested", "perp_neg"]


@dataclass(frozen=True, slots=True)
class Sigmas:
    """The noise levels at which the steps of a sampler stand. levels: (N + 1,) float32; none at all is no sampling."""

    levels: Tensor

    def to_tensors(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """See `Storable`."""
        return {"levels": self.levels}, {}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> Sigmas:
        """See `Storable`."""
        return cls(tensors["levels"])


@dataclass(frozen=True, slots=True)
class Sampler:
    """How to get from one noise level to the next: a sampler by its name, with settings of its own."""

    name: str
    settings: tuple[tuple[str, Scalar], ...] = ()

    def to_tensors(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """See `Storable`."""
        return {}, {"name": self.name, "settings": dict(self.settings)}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> Sampler:
        """See `Storable`."""
        return cls(meta["name"], tuple(sorted(meta["settings"].items())))


@dataclass(frozen=True, slots=True)
class Noise:
    """The noise that a latent starts with, by its seed. adds: False for none; then the seed is that of the sampler."""

    seed: int = 0
    adds: bool = True

    def to_tensors(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """See `Storable`."""
        return {}, {"seed": str(self.seed), "adds": self.adds}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> Noise:
        """See `Storable`."""
        return cls(int(meta["seed"]), meta["adds"])


@dataclass(frozen=True, slots=True)
class TimeRange:
    """A part of the schedule, in shares: 0 is noise, 1 is clean."""

    start: float = 0.0
    end: float = 1.0

    def to_tensors(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """See `Storable`."""
        return {}, {"start": self.start, "end": self.end}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> TimeRange:
        """See `Storable`."""
        return cls(meta["start"], meta["end"])


@dataclass(frozen=True, slots=True)
class LatentOperation:
    """A change to latents, by its name and with its settings: what latents, or the guidance of a model, go through."""

    name: str
    settings: tuple[tuple[str, float], ...] = ()

    def to_tensors(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """See `Storable`."""
        return {}, {"name": self.name, "settings": dict(self.settings)}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> LatentOperation:
        """See `Storable`."""
        return cls(meta["name"], tuple(sorted(meta["settings"].items())))


@dataclass(frozen=True, slots=True)
class Guider:
    """A denoiser and what guides it.

    sides: the conditionings, the positive first and the negative last; settings: scales, by name.
    """

    kind: GuiderKind
    model: Model
    sides: tuple[Conditioning, ...]
    settings: tuple[tuple[str, float], ...] = ()

    def to_tensors(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """See `Storable`."""
        tensors: dict[str, Tensor] = {}
        said = []
        for i, side in enumerate(self.sides):
            own, meta = side.to_tensors()
            tensors |= {f"{i}.{name}": tensor for name, tensor in own.items()}
            said.append(meta)
        meta = {"kind": self.kind, "model": self.model.to_dict(), "sides": said, "settings": dict(self.settings)}
        return tensors, meta

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> Guider:
        """See `Storable`."""
        sides = []
        for i, said in enumerate(meta["sides"]):
            own = {name.removeprefix(f"{i}."): t for name, t in tensors.items() if name.startswith(f"{i}.")}
            sides.append(Conditioning.from_tensors(own, said))
        return cls(meta["kind"], Model.from_dict(meta["model"]), tuple(sides), tuple(sorted(meta["settings"].items())))
