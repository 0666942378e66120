"""The values that travel on links.

Data (`Image`, `Mask`, `Latent`, `Conditioning`, `Saved`) are frozen dataclasses over tensors. Models travel as
*recipes*: which file, by content hash, and which patches, in order; weights are loaded only where a node computes.
This module imports no torch. A type of a plugin joins by being a frozen dataclass with `to_tensors` / `from_tensors`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Protocol, Self, runtime_checkable

if TYPE_CHECKING:
    from torch import Tensor

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
Scalar = bool | int | float | str

MAX_SEED = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Role:
    """What an input means to the engine, beyond its type: `seed`, `batch_only`, `prompt`, `family`."""

    name: str


Seed = Annotated[int, Role("seed")]
"""A seed: 0 to 2**64 - 1. In a document it may be "random"; the engine resolves it before the run."""

BatchOnly = Annotated[int, Role("batch_only")]
"""Which image of a batch to make alone, from 0, with the noise that it has in the whole batch; -1 for all of them."""

Words = Annotated[str, Role("prompt")]
"""A prompt. `embedding:NAME` in it names a file in the folder `embeddings`, whose content counts as the text does."""


@runtime_checkable
class Storable(Protocol):
    """A value that the store can keep: tensors, and what JSON can say beside them."""

    def to_tensors(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Named tensors and a JSON object; together they are the value."""

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> Self:
        """The inverse of `to_tensors`."""


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file in one of the folders that the host knows, by name and content; never a path.

    folder: "checkpoints", "loras", "input", ...; name: relative, with forward slashes; hash: "blake3:<hex>", empty
    until the engine has resolved it.
    """

    folder: str
    name: str
    hash: str = ""

    def to_dict(self) -> dict[str, str]:
        """As it stands in a document: `file`, and `hash` when known."""
        return {"file": self.name} | ({"hash": self.hash} if self.hash else {})


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
class Patch:
    """A change to a model, as data. kind: "lora", "clip_skip", "sampling", ...; settings: sorted name-value pairs.

    other: a second model of the same kind, where two are merged.
    """

    kind: str
    file: FileRef | None = None
    settings: tuple[tuple[str, Scalar], ...] = ()
    other: Recipe | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        where = {"folder": self.file.folder} | self.file.to_dict() if self.file else None
        said: dict[str, Any] = {"kind": self.kind, "file": where, "settings": dict(self.settings)}
        return said | ({"other": {"part": self.other.part} | self.other.to_dict()} if self.other else {})

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> Patch:
        """The inverse of `to_dict`."""
        other = recipe_from(said["other"]) if "other" in said else None
        return cls(said["kind"], file_from(said["file"]), tuple(sorted(said["settings"].items())), other)


def file_from(said: Mapping[str, str] | None) -> FileRef | None:
    """A `FileRef` from `{"folder", "file", "hash"}`."""
    return FileRef(said["folder"], said["file"], said.get("hash", "")) if said else None


@dataclass(frozen=True, slots=True)
class Recipe:
    """A model, as data: hashable, picklable, cheap to send. Equal recipes share weights.

    `part` says which part of the file is meant; `family` is the model family read from the file's header.
    """

    part: ClassVar[str] = ""

    file: FileRef
    family: str
    patches: tuple[Patch, ...] = ()

    def patched(self, patch: Patch) -> Self:
        """The same model with one more change, applied after the others."""
        return replace(self, patches=(*self.patches, patch))

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        file = {"folder": self.file.folder} | self.file.to_dict()
        return {"file": file, "family": self.family, "patches": [p.to_dict() for p in self.patches]}

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`."""
        file = FileRef(said["file"]["folder"], said["file"]["file"], said["file"].get("hash", ""))
        return cls(file, said["family"], tuple(Patch.from_dict(p) for p in said["patches"]))


@dataclass(frozen=True, slots=True)
class Model(Recipe):
    """A denoiser: U-Net or transformer."""

    part: ClassVar[str] = "denoiser"


@dataclass(frozen=True, slots=True)
class Clip(Recipe):
    """The text encoder or encoders of a checkpoint, with their tokenisers.

    more: further files with text encoders, for families that listen to several.
    """

    part: ClassVar[str] = "text_encoder"

    more: tuple[FileRef, ...] = ()

    @property
    def files(self) -> tuple[FileRef, ...]:
        """Every file with a text encoder, in order."""
        return (self.file, *self.more)

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        said = Recipe.to_dict(self)
        return said | ({"more": [{"folder": f.folder} | f.to_dict() for f in self.more]} if self.more else {})

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`."""
        one = super(Clip, cls).from_dict(said)
        more = (file_from(f) for f in said.get("more", ()))
        return replace(one, more=tuple(f for f in more if f is not None))


@dataclass(frozen=True, slots=True)
class Vae(Recipe):
    """The autoencoder between pictures and latents."""

    part: ClassVar[str] = "vae"


def recipe_from(said: Mapping[str, Any]) -> Recipe:
    """The recipe of a patch, which says its part as well."""
    kinds: dict[str, type[Recipe]] = {"denoiser": Model, "text_encoder": Clip, "vae": Vae}
    return kinds[said["part"]].from_dict(said)


@dataclass(frozen=True, slots=True)
class ControlNet(Recipe):
    """A network that steers a denoiser by a picture."""

    part: ClassVar[str] = "controlnet"


@dataclass(frozen=True, slots=True)
class UpscaleModel(Recipe):
    """A network that enlarges pictures, or restores them at their size."""

    part: ClassVar[str] = "upscale_model"


@dataclass(frozen=True, slots=True)
class Control:
    """One ControlNet at work. hint: (B, H, W, 3) in 0..1; start, end: share of the schedule, 0 (noise) to 1 (clean).

    vae: for those that read their hint through one (SD 3, FLUX.1).
    """

    net: ControlNet
    hint: Tensor
    strength: float = 1.0
    start: float = 0.0
    end: float = 1.0
    vae: Vae | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON form, without the hint."""
        said = {"net": self.net.to_dict(), "strength": self.strength, "start": self.start, "end": self.end}
        return said | ({"vae": self.vae.to_dict()} if self.vae else {})

    @classmethod
    def from_dict(cls, said: Mapping[str, Any], hint: Tensor) -> Control:
        """The inverse of `to_dict`."""
        vae = Vae.from_dict(said["vae"]) if "vae" in said else None
        return cls(ControlNet.from_dict(said["net"]), hint, said["strength"], said["start"], said["end"], vae)


@dataclass(frozen=True, slots=True)
class Prompt:
    """One encoded prompt. tokens: (B, T, D); pooled: (B, P) or None.

    options: further numbers (area, strength, time range, size conditioning) by name, as JSON can say them;
    tensors: further tensors (masks, reference latents) by name.
    """

    tokens: Tensor
    pooled: Tensor | None = None
    controls: tuple[Control, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    tensors: Mapping[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Conditioning:
    """What guides a denoiser: one prompt, or several that are combined. `family` is that of the text encoder."""

    prompts: tuple[Prompt, ...]
    family: str = ""

    def mapped(self, **changes: Any) -> Conditioning:
        """The same conditioning with the given fields of every prompt replaced."""
        return replace(self, prompts=tuple(replace(p, **changes) for p in self.prompts))

    def to_tensors(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """See `Storable`."""
        tensors: dict[str, Tensor] = {}
        said = []
        for i, prompt in enumerate(self.prompts):
            tensors[f"{i}.tokens"] = prompt.tokens
            if prompt.pooled is not None:
                tensors[f"{i}.pooled"] = prompt.pooled
            tensors |= {f"{i}.hint.{j}": c.hint for j, c in enumerate(prompt.controls)}
            tensors |= {f"{i}.tensors.{name}": t for name, t in prompt.tensors.items()}
            controls = [c.to_dict() for c in prompt.controls]
            said.append({"controls": controls, "options": dict(prompt.options), "tensors": sorted(prompt.tensors)})
        return tensors, {"prompts": said, "family": self.family}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> Conditioning:
        """See `Storable`."""
        prompts = []
        for i, said in enumerate(meta["prompts"]):
            controls = tuple(Control.from_dict(c, tensors[f"{i}.hint.{j}"]) for j, c in enumerate(said["controls"]))
            extra = {name: tensors[f"{i}.tensors.{name}"] for name in said["tensors"]}
            prompts.append(Prompt(tensors[f"{i}.tokens"], tensors.get(f"{i}.pooled"), controls, said["options"], extra))
        return cls(tuple(prompts), meta["family"])


@dataclass(frozen=True, slots=True)
class Artifact:
    """One finished file. name: suggested, without folder, with extension; data: the bytes."""

    name: str
    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Saved:
    """Files that a run hands to its user, in order. The host writes them where it was told to.

    kept: False for previews, which are shown and not written to the output folder.
    """

    files: tuple[Artifact, ...]
    kept: bool = True


class Secret:
    """A value, named by a document (`{"secret": "HUB_TOKEN"}`), that reaches no file, log, event, key or picture."""

    __slots__ = ("_value", "name")

    def __init__(self, name: str, value: str) -> None:
        self.name = name
        self._value = value

    def reveal(self) -> str:
        """The value itself, for the one call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({self.name!r})"

    def __reduce__(self) -> Any:
        raise TypeError(f"the secret {self.name!r} cannot be written anywhere")


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
