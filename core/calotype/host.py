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
from calotype.runtime import Runtime
from calotype.settings import Settings
from calotype.types import FileRef, Recipe, Secret

if TYPE_CHECKING:
    import torch

    from calotype.pool import Pool
    from calotype.pool.told import Listener

SECRET = "CALOTYPE_SECRET_"
PARTS: dict[str, Literal["denoiser", "text_encoder", "vae"]] = {
    "Model": "denoiser",
    "Clip": "text_encoder",
    "Vae": "vae",
}


class LocalHost:
    """Gives nodes what they ask for. Building it costs nothing; torch comes with the first model or device.

    on_load: told of every recipe before its weights are looked for. code: the state of the code that recognises files,
    see `Answers`.
    """

    def __init__(
        self, files: Files, settings: Settings, runtime: Runtime, env: Mapping[str, str] | None = None, code: str = ""
    ) -> None:
        self._files = files
        self._settings = settings
        self._runtime = runtime
        self._env = os.environ if env is None else env
        self._code = code
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

        def read(path: Path) -> str:
            from calotype.diffusion.kinds import family_in

            return family_in(file.folder, path)

        return self._answered(file, f"family of one in {file.folder}", read)

    def lacks(self, file: FileRef, kind: str) -> str:
        """What a checkpoint lacks of a part, for people; "" when it is there. kind: "Model", "Clip" or "Vae".

        Read once for each state of the file, of a folder every time.
        """

        def read(path: Path) -> str:
            from calotype.diffusion.kinds import lacks

            return lacks(path, PARTS[kind])

        return self._answered(file, f"what it lacks of a {PARTS[kind]}", read)

    def _answered(self, file: FileRef, question: str, read: Callable[[Path], str]) -> str:
        """What a file's header says, also by what earlier processes have read."""
        path = self._files.path(file)
        if path.is_dir():
            return read(path)
        return self._files.answers.of(path, question, self._code, lambda: read(path))

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


def _ignore(recipe: Recipe) -> None:
    """Nobody wants to know."""
