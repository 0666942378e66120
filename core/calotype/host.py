"""The host of nodes in this process: models from the pool, files, secrets. The first thing that needs torch."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from calotype.errors import FileError
from calotype.files import Files
from calotype.pool.told import Listener
from calotype.runtime import Runtime
from calotype.settings import Settings
from calotype.types import FileRef, Recipe, Secret

if TYPE_CHECKING:
    import torch

    from calotype.pool import Pool

State = tuple[str, Path, int, int]
"""What is asked, of which file, how it was then."""

SECRET = "CALOTYPE_SECRET_"
PARTS: dict[str, Literal["denoiser", "text_encoder", "vae"]] = {
    "Model": "denoiser",
    "Clip": "text_encoder",
    "Vae": "vae",
}


class LocalHost:
    """Gives nodes what they ask for. Building it costs nothing; torch comes with the first model or device.

    on_load: told of every recipe before its weights are looked for.
    """

    def __init__(
        self, files: Files, settings: Settings, runtime: Runtime, env: Mapping[str, str] | None = None
    ) -> None:
        self._files = files
        self._settings = settings
        self._runtime = runtime
        self._env = os.environ if env is None else env
        self._families: dict[State, str] = {}
        self._lacking: dict[State, str] = {}
        self.on_load: Callable[[Recipe], object] = _ignore

    @cached_property
    def device(self) -> torch.device:
        """Where nodes compute."""
        import torch

        return torch.device(self._runtime.device)

    @cached_property
    def pool(self) -> Pool:
        """The models that are resident."""
        import torch

        from calotype.diffusion.loading.pooled import open_pool
        from calotype.pool.simulated import Simulated

        limit = self._settings.simulated
        made: Pool = open_pool(
            self._files.path,
            device=self.device if limit is None else Simulated(limit),
            dtype=getattr(torch, self._runtime.dtype),
            vram=self._settings.vram,
            ram=self._settings.ram,
            aside=self._settings.aside,
            strategy=self._settings.placement,  # type: ignore[arg-type]  # settings were checked when they were read
            narrow=self._settings.storage == "fp8",
            known=self._settings.home / "cache" / "memory.json",
        )
        return made

    @contextmanager
    def use(self, recipe: Recipe, listener: Listener | None = None) -> Iterator[Any]:
        """The module of a recipe on its device, held while in use. listener: is told what is done for it."""
        self.on_load(recipe)
        with self.pool.use(recipe, listener) as module:
            yield module

    def resident(self) -> list[dict[str, Any]]:
        """The models that are resident now, as `Pool.resident` tells them; asking loads nothing."""
        pool: Pool | None = vars(self).get("pool")
        return pool.resident() if pool is not None else []

    def unload(self) -> int:
        """Let go of every model that is not in use; the bytes."""
        pool: Pool | None = vars(self).get("pool")
        return pool.unload() if pool is not None else 0

    def path(self, file: FileRef) -> Path:
        """The local path of a file."""
        return self._files.path(file)

    def resolve(self, folder: str, name: str) -> FileRef:
        """A file with its hash."""
        return self._files.resolve(folder, name)

    def family(self, file: FileRef) -> str:
        """The model family in a file, from its header; read once for each state of the file, a folder every time."""
        from calotype.diffusion.kinds import family_in

        path = self._files.path(file)
        if path.is_dir():
            return family_in(file.folder, path)
        key = (file.folder, *_state(path))
        if key not in self._families:
            self._families[key] = family_in(file.folder, path)
        return self._families[key]

    def lacks(self, file: FileRef, kind: str) -> str:
        """What a checkpoint lacks of a part, for people; "" when it is there. kind: "Model", "Clip" or "Vae".

        Read once for each state of the file, of a folder every time.
        """
        from calotype.diffusion.kinds import lacks

        path = self._files.path(file)
        if path.is_dir():
            return lacks(path, PARTS[kind])
        key = (kind, *_state(path))
        if key not in self._lacking:
            self._lacking[key] = lacks(path, PARTS[kind])
        return self._lacking[key]

    def scratch(self) -> BinaryIO:
        """An empty file without a name beside the caches, gone when it is closed. Raises FileError."""
        folder = self._settings.home / "cache"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return tempfile.TemporaryFile(dir=folder)
        except OSError as error:
            raise FileError(f'cannot write into "{folder}": {error.strerror or error}') from error

    def secret(self, name: str) -> Secret:
        """A secret from the environment. Raises FileError when it is not set."""
        value = self._env.get(SECRET + name)
        if value is None:
            raise FileError(f'the secret "{name}" is not set; set the environment variable {SECRET}{name}')
        return Secret(name, value)


def _state(path: Path) -> tuple[Path, int, int]:
    """What changes when a file does."""
    seen = path.stat()
    return path, seen.st_size, seen.st_mtime_ns


def _ignore(recipe: Recipe) -> None:
    """Nobody wants to know."""
