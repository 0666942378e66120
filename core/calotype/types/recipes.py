"""Models as they travel on links: which file, by content hash, and which patches, in order; no weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from calotype.types.scalars import Scalar


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
class ClipVision(Recipe):
    """An image encoder: a CLIP that sees, or SigLIP. `family` says which."""

    part: ClassVar[str] = "vision"


@dataclass(frozen=True, slots=True)
class StyleModel(Recipe):
    """A network that turns what an image encoder sees into words for a family's denoiser (FLUX.1 Redux)."""

    part: ClassVar[str] = "style"
