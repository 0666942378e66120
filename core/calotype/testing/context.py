"""A stand-in for the host, for tests of nodes in plain pytest."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from calotype.errors import Cancelled, FileError, ModelError
from calotype.types import FileRef, Image, Recipe

if TYPE_CHECKING:
    import torch


class FakeContext:
    """Gives a node what the test provides and records what the node did.

    models: what `load` gives, by recipe or by its class. files: local paths by file name. families: model families by
    file name. cancel_at: the step at which the run is asked to stop. `steps`, `previews` and `warnings` hold what the
    node reported.
    """

    def __init__(
        self,
        *,
        models: Mapping[Recipe | type[Recipe], Any] | None = None,
        files: Mapping[str, Path] | None = None,
        families: Mapping[str, str] | None = None,
        node: str = "node",
        cancel_at: int | None = None,
    ) -> None:
        self.node = node
        self.steps: list[tuple[int, int]] = []
        self.previews: list[Image] = []
        self.warnings: list[str] = []
        self._models = dict(models or {})
        self._files = dict(files or {})
        self._families = dict(families or {})
        self._cancel_at = cancel_at

    @property
    def device(self) -> torch.device:
        """The processor."""
        import torch

        return torch.device("cpu")

    @contextmanager
    def load(self, recipe: Recipe) -> Iterator[Any]:
        """The model that the test gave for this recipe, or for its class. Raises ModelError if it gave none."""
        found = self._models.get(recipe, self._models.get(type(recipe)))
        if found is None:
            raise ModelError(
                f"the test gives no model for {recipe}: FakeContext(models={{{type(recipe).__name__}: ...}})"
            )
        yield found

    def path(self, file: FileRef) -> Path:
        """The path that the test gave for this name. Raises FileError if it gave none."""
        if file.name not in self._files:
            raise FileError(f'the test gives no file "{file.name}": FakeContext(files={{"{file.name}": path}})')
        return self._files[file.name]

    def resolve(self, folder: str, name: str) -> FileRef:
        """A reference with a hash of the name. Raises FileError if the test gave no such file."""
        self.path(FileRef(folder, name))
        return FileRef(folder, name, f"blake3:{name.encode().hex()[:64]:0<64}")

    def family(self, file: FileRef) -> str:
        """The family that the test gave for this name. Raises ModelError if it gave none."""
        if file.name not in self._families:
            raise ModelError(
                f'the test gives no family for "{file.name}": FakeContext(families={{"{file.name}": ...}})'
            )
        return self._families[file.name]

    def scratch(self) -> BinaryIO:
        """A temporary file."""
        return tempfile.TemporaryFile()

    def step(self, done: int, total: int, preview: Image | None = None) -> None:
        """Record progress; raises Cancelled from `cancel_at` on."""
        self.steps.append((done, total))
        if preview is not None:
            self.previews.append(preview)
        self.check_cancelled()

    def check_cancelled(self) -> None:
        """Raise Cancelled when `cancel_at` steps are done."""
        done = self.steps[-1][0] if self.steps else 0
        if self._cancel_at is not None and done >= self._cancel_at:
            raise Cancelled("the test asked for it to stop")

    def warn(self, message: str) -> None:
        """Record a warning."""
        self.warnings.append(message)
