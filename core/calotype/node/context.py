"""What a node sees of the host that runs it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from calotype.types import FileRef, Image, Recipe

if TYPE_CHECKING:
    import torch


class Context(Protocol):
    """Passed to `run(self, ctx)`. `calotype.testing.FakeContext` is one for plain tests."""

    @property
    def node(self) -> str:
        """The id of the node in its workflow."""

    @property
    def device(self) -> torch.device:
        """Where tensors are computed."""

    def load(self, recipe: Recipe) -> AbstractContextManager[Any]:
        """The module of a recipe on its device, held for the length of the `with` block.

        Model -> a `calotype.diffusion` denoiser, Clip -> a text encoder, Vae -> an autoencoder, ControlNet -> a control
        network. Raises ModelError.
        """

    def path(self, file: FileRef) -> Path:
        """The local path of a file input, to be read only. Raises FileError."""

    def resolve(self, folder: str, name: str) -> FileRef:
        """A file by folder and name, with its content hash. Raises FileError."""

    def family(self, file: FileRef) -> str:
        """The model family in a weights file, from its header. Raises ModelError."""

    def scratch(self) -> BinaryIO:
        """An empty file without a name on the host's disk, for what is too large for memory; gone when it is closed.

        Raises FileError.
        """

    def step(self, done: int, total: int, preview: Image | None = None) -> None:
        """Report progress; raises Cancelled when the run was asked to stop. Cheap enough for every step."""

    def check_cancelled(self) -> None:
        """Raise Cancelled when the run was asked to stop."""

    def warn(self, message: str) -> None:
        """Tell the user something that does not stop the run."""
