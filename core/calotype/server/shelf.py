"""The models that workflows can name, as the files say of themselves. Headers are read, weights are not."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calotype.errors import CalotypeError
from calotype.files import Files
from calotype.settings import MODEL_FOLDERS

WITHOUT_FAMILY = frozenset({"upscale_models", "embeddings", "clip_vision", "style_models"})


@dataclass(frozen=True, slots=True)
class _Seen:
    stamp: tuple[int, int]
    family: str
    error: str


class Shelf:
    """Responsibilities: list weights files with size, family and hash; read a header once as long as its file stays
    what it was. Safe for threads. Hashes are those that are known; reading whole files is only done when asked for.
    """

    def __init__(self, files: Files) -> None:
        self._files = files
        self._seen: dict[Path, _Seen] = {}
        self._lock = threading.Lock()

    def models(self, folder: str = "", *, hashes: bool = False) -> list[dict[str, Any]]:
        """Every model of a folder, or of all. hashes: compute those that are not known. Raises FileError."""
        folders = [folder] if folder else list(MODEL_FOLDERS)
        return [self._model(name, file, hashes) for name in folders for file in self._files.list(name)]

    def _model(self, folder: str, name: str, hashes: bool) -> dict[str, Any]:
        said: dict[str, Any] = {"folder": folder, "file": name, "family": "", "bytes": 0, "hash": "", "error": ""}
        try:
            path = self._files.find(folder, name)
            said["bytes"] = _bytes(path)
            said["hash"] = self._files.hashes.of(path) if hashes else self._files.hashes.known(path) or ""
            seen = self._look(path)
        except (CalotypeError, OSError) as error:
            return said | {"error": str(error)}
        return said | {"family": seen.family, "error": "" if folder in WITHOUT_FAMILY else seen.error}

    def _look(self, path: Path) -> _Seen:
        found = path.stat()
        stamp = (found.st_size, found.st_mtime_ns)
        with self._lock:
            seen = self._seen.get(path)
        if seen is None or seen.stamp != stamp:
            seen = _Seen(stamp, *_family(path))
            with self._lock:
                self._seen[path] = seen
        return seen


def _family(path: Path) -> tuple[str, str]:
    """The family, or why it is not known."""
    from calotype.diffusion.families.inspect import family_of

    try:
        return family_of(path), ""
    except CalotypeError as error:
        return "", str(error)


def _bytes(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(f.stat().st_size for f in files if f.is_file())
