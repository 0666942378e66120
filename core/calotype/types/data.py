"""Pictures, masks, latents and finished files: frozen dataclasses over tensors and bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Protocol, Self, runtime_checkable

if TYPE_CHECKING:
    from torch import Tensor


@runtime_checkable
class Storable(Protocol):
    """A value that the store can keep: tensors, and what JSON can say beside them."""

    def to_tensors(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Named tensors and a JSON object; together they are the value."""

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> Self:
        """The inverse of `to_tensors`."""


@dataclass(frozen=True, slots=True)
class Image:
    """Pictures. pixels: (B, H, W, C) float32 in 0..1, C = 3 (RGB) or 4 (RGBA), not premultiplied."""

    pixels: Tensor

    def to_tensors(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """See `Storable`."""
        return {"pixels": self.pixels}, {}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> Image:
        """See `Storable`."""
        return cls(tensors["pixels"])


@dataclass(frozen=True, slots=True)
class Mask:
    """Where something applies. values: (B, H, W) float32 in 0..1; 1 is inside."""

    values: Tensor

    def to_tensors(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """See `Storable`."""
        return {"values": self.values}, {}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> Mask:
        """See `Storable`."""
        return cls(tensors["values"])


@dataclass(frozen=True, slots=True)
class Direction:
    """Where guidance with momentum (of: a model and its patch) went at the last noise level; values: (B, C, ...)."""

    of: str
    sigma: float
    values: Tensor


@dataclass(frozen=True, slots=True)
class Latent:
    """Latents in the VAE's units: what the VAE encoder gives and its decoder takes.

    samples: (B, C, H / 8, W / 8) for image families, (B, C, T, H / 8, W / 8) for video.
    noise_mask: (B or 1, h, w) in 0..1, 1 where noise is added and removed; None for everywhere.
    indices: which images of a batch of `total` these are, so that image k draws the noise it has in the whole batch;
    None for 0 .. B - 1.
    apart: instead, the first noise is drawn image by image as far as the last of them, and what samplers draw later is
    for the images at hand alone.
    directions: what models with a momentum remember of the sampling that these latents come from.
    """

    samples: Tensor
    noise_mask: Tensor | None = None
    indices: tuple[int, ...] | None = None
    total: int | None = None
    apart: bool = False
    directions: tuple[Direction, ...] = ()

    def to_tensors(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """See `Storable`."""
        tensors = {"samples": self.samples} | ({"noise_mask": self.noise_mask} if self.noise_mask is not None else {})
        tensors |= {f"direction.{i}": one.values for i, one in enumerate(self.directions)}
        said = {"apart": self.apart, "directions": [[one.of, one.sigma] for one in self.directions]}
        meta = {"indices": list(self.indices) if self.indices else None, "total": self.total}
        return tensors, meta | {k: v for k, v in said.items() if v}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> Latent:
        """See `Storable`."""
        indices = tuple(meta["indices"]) if meta["indices"] else None
        went = [(*said, tensors[f"direction.{i}"]) for i, said in enumerate(meta.get("directions", ()))]
        mask, apart = tensors.get("noise_mask"), meta.get("apart", False)
        return cls(tensors["samples"], mask, indices, meta["total"], apart, tuple(Direction(*one) for one in went))


@dataclass(frozen=True, slots=True)
class ImageFeatures:
    """What an image encoder sees. tokens, penultimate: (B, N, D), after its last layer and before it; pooled: (B, P).

    family: the encoder. A SigLIP has nothing pooled: there `pooled` is `tokens`.
    """

    tokens: Tensor
    penultimate: Tensor
    pooled: Tensor
    family: str = ""

    def to_tensors(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """See `Storable`."""
        tensors = {"tokens": self.tokens, "penultimate": self.penultimate, "pooled": self.pooled}
        return tensors, {"family": self.family}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> ImageFeatures:
        """See `Storable`."""
        return cls(tensors["tokens"], tensors["penultimate"], tensors["pooled"], meta["family"])


@dataclass(frozen=True, slots=True)
class Artifact:
    """One finished file. name: suggested, without folder, with extension; data: the bytes.

    data may also look into a mapped file, where it is too large for memory: such files are written where the run hands
    them to, and not stored as results.
    """

    name: str
    media_type: str
    data: bytes | memoryview = field(repr=False)


@dataclass(frozen=True, slots=True)
class Saved:
    """Files that a run hands to its user, in order. The host writes them where it was told to.

    kept: False for previews, which are shown and not written to the output folder.
    """

    files: tuple[Artifact, ...]
    kept: bool = True


def tensors_of(value: Any) -> list[Tensor]:
    """Every tensor inside a value: of dataclasses, lists, tuples and mappings, to any depth; in order."""
    found: list[Tensor] = []
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if hasattr(one, "untyped_storage"):
            found.append(one)
        elif isinstance(one, (list, tuple)):
            waiting.extend(reversed(one))
        elif isinstance(one, Mapping):
            waiting.extend(reversed(list(one.values())))
        elif hasattr(one, "__dataclass_fields__") and not isinstance(one, type):
            waiting.extend(getattr(one, f.name) for f in reversed(fields(one)))
    return found
