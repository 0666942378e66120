"""What a node sees of the host while it runs: the `Context` of a real run."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from calotype.errors import Cancelled
from calotype.types import FileRef, Image, Recipe, Secret

if TYPE_CHECKING:
    import torch

    from calotype.pool.told import Listener, Told

BLOT = "***"


class Host(Protocol):
    """What the executor is given of the process it runs in: models, files, secrets, the device."""

    @property
    def device(self) -> torch.device:
        """Where nodes compute."""

    def use(self, recipe: Recipe, listener: Listener | None = None) -> AbstractContextManager[Any]:
        """The module of a recipe, held while in use. listener: is told what is done for it."""

    def path(self, file: FileRef) -> Path:
        """The local path of a file."""

    def resolve(self, folder: str, name: str) -> FileRef:
        """A file with its hash."""

    def family(self, file: FileRef) -> str:
        """The model family in a file."""

    def scratch(self) -> BinaryIO:
        """An empty file without a name."""

    def secret(self, name: str) -> Secret:
        """The secret that a document names."""


class Reporter(Protocol):
    """Where a running node's words go."""

    def progress(self, node: str, done: int, total: int, preview: Image | None) -> None:
        """A step was made."""

    def warned(self, node: str, message: str) -> None:
        """Something that does not stop the run."""

    def moved(self, node: str, told: Told) -> None:
        """The memory manager did something for the node."""


class NodeContext:
    """The `Context` of one node in one run; see `calotype.node.Context` for what each member promises.

    degraded: what the memory manager did that changes the result.
    """

    __slots__ = ("_cancel", "_host", "_reporter", "_secrets", "degraded", "node")

    def __init__(self, node: str, host: Host, reporter: Reporter, cancel: threading.Event) -> None:
        self.node = node
        self._secrets: tuple[str, ...] = ()
        self._host = host
        self._reporter = reporter
        self._cancel = cancel
        self.degraded: list[str] = []

    @property
    def device(self) -> torch.device:
        """Where tensors are computed."""
        return self._host.device

    def load(self, recipe: Recipe) -> AbstractContextManager[Any]:
        """The module of a recipe on its device, for the length of the `with` block."""
        self.check_cancelled()
        return self._host.use(recipe, self._told)

    def _told(self, told: Told) -> None:
        self._reporter.moved(self.node, told)
        if told.what == "degraded" and told.why not in self.degraded:
            self.degraded.append(told.why)
            self._reporter.warned(self.node, f"{told.why}; this result is not stored")

    def path(self, file: FileRef) -> Path:
        """The local path of a file input."""
        return self._host.path(file)

    def resolve(self, folder: str, name: str) -> FileRef:
        """A file by folder and name, with its content hash."""
        return self._host.resolve(folder, name)

    def family(self, file: FileRef) -> str:
        """The model family in a weights file, from its header."""
        return self._host.family(file)

    def scratch(self) -> BinaryIO:
        """An empty file without a name on the host's disk, gone when it is closed."""
        return self._host.scratch()

    def step(self, done: int, total: int, preview: Image | None = None) -> None:
        """Report progress; raises Cancelled when the run was asked to stop."""
        if self._cancel.is_set():
            raise Cancelled("the run was cancelled")
        self._reporter.progress(self.node, done, total, preview)

    def check_cancelled(self) -> None:
        """Raise Cancelled when the run was asked to stop."""
        if self._cancel.is_set():
            raise Cancelled("the run was cancelled")

    def warn(self, message: str) -> None:
        """Tell the user something that does not stop the run."""
        self._reporter.warned(self.node, without(self._secrets, str(message)))

    def hide(self, secrets: Iterable[str]) -> None:
        """Blot these out in what the node says."""
        self._secrets = tuple(secrets)


def without(secrets: Iterable[str], text: str) -> str:
    """A text that is written down and shown, without the secrets in it."""
    for secret in secrets:
        text = text.replace(secret, BLOT)
    return text
