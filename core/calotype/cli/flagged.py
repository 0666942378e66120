"""Commands that take the flags of the workflow that they are given."""

from __future__ import annotations

from collections.abc import Sequence

from calotype.cli.documents import load_document, names_workflow
from calotype.cli.flags import Command, with_flags
from calotype.cli.options import Host, opened
from calotype.workflow import interface


def flagged(command: Command, tokens: Sequence[str]) -> Command:
    """The command with the flags of the workflow that these tokens name. Raises FileError, WorkflowError."""
    name = next((t for t in tokens if names_workflow(t)), None)
    if name is None:
        typed = next((t for t in tokens[:1] if not t.startswith("-")), None)
        if typed is not None:
            load_document(typed)
        return with_flags(command)
    document = load_document(name)
    if not {"--help", "-h"} & set(tokens):
        return with_flags(command, document)
    with opened(Host()) as services:
        return with_flags(command, document, interface(document, services.registry))
