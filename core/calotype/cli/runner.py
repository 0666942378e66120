"""What carries runs out for a command: this process, or a server."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from calotype.registry import Registry
from calotype.services import Finished, OnEvent
from calotype.validate import Checked
from calotype.workflow import Document


class Keyed(Protocol):
    """A node in a plan, as far as its key."""

    @property
    def key(self) -> str:
        """Of its result."""


class Keys(Protocol):
    """A plan, as far as keys."""

    @property
    def targets(self) -> tuple[str, ...]:
        """The nodes that the run is for."""

    @property
    def by_node(self) -> Mapping[str, Keyed]:
        """The nodes by id."""


class Runner(Protocol):
    """Checks, plans and runs documents; `Services` is one."""

    @property
    def registry(self) -> Registry:
        """The node types."""

    def check(self, document: Document) -> Checked:
        """Every problem of a document."""

    def plan(self, document: Document, targets: Sequence[str] | None = None) -> Keys:
        """The keys of what a run would do."""

    def run(
        self,
        document: Document,
        *,
        targets: Sequence[str] | None = None,
        save: Mapping[str, Path] | None = None,
        out: Path | None = None,
        on_event: OnEvent | None = None,
        keep_going: bool = False,
        cancel: threading.Event | None = None,
    ) -> Finished:
        """Run a document to its end."""
