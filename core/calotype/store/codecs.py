"""Values as JSON beside content-addressed objects, and back. No pickle: a file never says what code to run.

A value is one of `{"json": ...}`, `{"list": [...]}`, `{"tuple": [...]}`, `{"dict": {...}}`, `{"file": ...}`,
`{"recipe": TYPE, ...}`, `{"artifact": ...}`, `{"saved": [...]}`, `{"shown": [...]}`, `{"tensor": OBJECT}` and
`{"tensors": TYPE, "object": OBJECT, "meta": {...}}`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import blake3

from calotype import parts, types
from calotype.errors import StoreError
from calotype.store.tensors import SUFFIX, Unstorable, packed, unpacked
from calotype.types import Artifact, FileRef, Recipe, Saved

Resolver = Callable[[str], type | None]
"""From "module:QualName" to the class, or None if it is not to be trusted or not there."""

ReadBytes = Callable[[str], bytes]
PathOf = Callable[[str], Path]

PARALLEL_BYTES = 1 << 20  # below it, starting threads to hash costs more than they give
PLAIN = frozenset({type(None), bool, int, float, str})
SUFFIXES = {"image/png": ".png", "application/json": ".json"}
BUILTIN = (types, parts)  # where the types of the engine are found by their names


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes to be written as one object. name: content hash and suffix; size: bytes."""

    name: str
    size: int
    pieces: tuple[memoryview, ...]

    @classmethod
    def of(cls, pieces: Collection[memoryview], suffix: str) -> Blob:
        """The object of these bytes. Hashing takes the time of reading them."""
        size = sum(p.nbytes for p in pieces)
        digest = blake3.blake3(max_threads=blake3.blake3.AUTO if size > PARALLEL_BYTES else 1)
        for piece in pieces:
            digest.update(piece)
        return cls(f"{digest.hexdigest()}{suffix}", size, tuple(pieces))


class Codecs:
    """Encodes and decodes values.

    Responsibilities: built-in types by their name; a plugin's by "module:QualName", found among those that were encoded
    here before, else by `resolve`; never by importing what a file names.
    """

    def __init__(self, resolve: Resolver | None = None) -> None:
        self._resolve = resolve
        self._seen: dict[str, type] = {}

    def encode(self, value: Any, blobs: dict[str, Blob]) -> dict[str, Any]:
        """A value as JSON; its bytes are added to `blobs`. Raises Unstorable: no codec knows it."""
        kind = type(value)
        if kind in PLAIN:
            return {"json": value}
        if kind is list or kind is tuple:
            return {kind.__name__: [self.encode(v, blobs) for v in value]}
        if kind is dict and all(type(k) is str for k in value):
            return {"dict": {k: self.encode(v, blobs) for k, v in value.items()}}
        if isinstance(value, Recipe):
            return {"recipe": self._name(kind), "said": value.to_dict()}
        if isinstance(value, FileRef):
            return {"file": {"folder": value.folder} | value.to_dict()}
        if isinstance(value, Artifact):
            return {"artifact": self._artifact(value, blobs)}
        if isinstance(value, Saved):
            return {"saved" if value.kept else "shown": [self._artifact(a, blobs) for a in value.files]}
        return self._encode_tensors(value, blobs)

    def _encode_tensors(self, value: Any, blobs: dict[str, Blob]) -> dict[str, Any]:
        kind = type(value)
        if hasattr(value, "untyped_storage"):
            return {"tensor": _add(Blob.of(packed({"": value}), SUFFIX), blobs)}
        if not (hasattr(kind, "to_tensors") and hasattr(kind, "from_tensors")):
            raise Unstorable(f"no codec knows {kind.__module__}.{kind.__qualname__}")
        tensors, meta = value.to_tensors()
        return {"tensors": self._name(kind), "object": _add(Blob.of(packed(tensors), SUFFIX), blobs), "meta": meta}

    def _artifact(self, value: Artifact, blobs: dict[str, Blob]) -> dict[str, Any]:
        if isinstance(value.data, memoryview):
            raise Unstorable(f"{value.name} is too large to be kept beside the file that the run made")
        blob = Blob.of([memoryview(value.data)], SUFFIXES.get(value.media_type, ".bin"))
        return {"name": value.name, "media_type": value.media_type, "object": _add(blob, blobs)}

    def _name(self, kind: type) -> str:
        if any(getattr(home, kind.__qualname__, None) is kind for home in BUILTIN):
            return kind.__qualname__
        if "<locals>" in kind.__qualname__:
            raise Unstorable(f"{kind.__qualname__} is not at the top of its module, so that it cannot be found again")
        name = f"{kind.__module__}:{kind.__qualname__}"
        self._seen[name] = kind
        return name

    def decode(self, said: Mapping[str, Any], read: ReadBytes, path: PathOf) -> Any:
        """The inverse of `encode`. Raises StoreError: an unknown type; whatever the type's own code raises."""
        match said:
            case {"json": value}:
                return value
            case {"list": items}:
                return [self.decode(v, read, path) for v in items]
            case {"tuple": items}:
                return tuple(self.decode(v, read, path) for v in items)
            case {"dict": items}:
                return {k: self.decode(v, read, path) for k, v in items.items()}
            case {"recipe": name, "said": inner}:
                return self._type(name, "from_dict").from_dict(inner)
            case {"file": inner}:
                return FileRef(inner["folder"], inner["file"], inner.get("hash", ""))
            case {"artifact": inner}:
                return _artifact(inner, read)
            case {"saved": files}:
                return Saved(tuple(_artifact(f, read) for f in files))
            case {"shown": files}:
                return Saved(tuple(_artifact(f, read) for f in files), kept=False)
            case {"tensor": name}:
                return unpacked(path(name))[""]
            case {"tensors": name, "object": blob, "meta": meta}:
                return self._type(name, "from_tensors").from_tensors(unpacked(path(blob)), meta)
        raise StoreError(f"a stored value is of no known kind: {sorted(said)}")

    def _type(self, name: str, method: str) -> Any:
        homes = [home for home in BUILTIN if hasattr(home, name)]
        kind = getattr(homes[0], name) if homes else self._seen.get(name)
        if kind is None and ":" in name and self._resolve is not None:
            kind = self._resolve(name)
        if not isinstance(kind, type) or not hasattr(kind, method):
            raise StoreError(f'a stored value is of the type "{name}", which no plugin here brings')
        return kind


def objects_in(said: Any) -> list[str]:
    """The names of the objects that an encoded value lies in."""
    match said:
        case {"list": items} | {"tuple": items} | {"saved": items} | {"shown": items}:
            return [name for item in items for name in objects_in(item)]
        case {"dict": items}:
            return [name for item in items.values() for name in objects_in(item)]
        case {"artifact": inner}:
            return objects_in(inner)
        case {"tensor": str() as name} | {"object": str() as name}:
            return [name]
    return []


def trusting(packages: Callable[[], Collection[str]]) -> Resolver:
    """A resolver for types in packages that were admitted as plugins; asked each time, as plugins come and go.

    A package is named as it is imported: "film_grain", "calotype_plugins.film_grain".
    """

    def resolve(name: str) -> type | None:
        module, _, path = name.partition(":")
        if not any(module == p or module.startswith(f"{p}.") for p in packages()):
            return None
        try:
            found: Any = sys.modules.get(module) or import_module(module)
            for part in path.split("."):
                found = getattr(found, part)
        except (ImportError, AttributeError):
            return None
        return found if isinstance(found, type) else None

    return resolve


def _artifact(said: Mapping[str, Any], read: ReadBytes) -> Artifact:
    return Artifact(said["name"], said["media_type"], read(said["object"]))


def _add(blob: Blob, blobs: dict[str, Blob]) -> str:
    blobs[blob.name] = blob
    return blob.name
