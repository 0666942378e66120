"""What a run of a command is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from calotype.workflow import Document, set_input


@dataclass(frozen=True, slots=True)
class Order:
    """What every run of a command is asked for. save: "node.output" to a path, in which a batch fills placeholders."""

    targets: tuple[str, ...] | None = None
    save: Mapping[str, str] = field(default_factory=dict)
    out: Path | None = None
    keep_going: bool = False


def applied(document: Document, values: Mapping[str, Any]) -> Document:
    """The document with these inputs set. Raises WorkflowError."""
    for place, value in values.items():
        document = set_input(document, place, value)
    return document
