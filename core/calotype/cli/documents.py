"""Workflows as the command line names them: a file, a shipped name, a picture that a run made, or `-` for stdin."""

from __future__ import annotations

import sys
from pathlib import Path

from calotype.cli.usage import UsageError
from calotype.exports import read_record
from calotype.services import find_workflow
from calotype.workflow import Document, load, read

STDIN = "-"


def load_document(name: str) -> Document:
    """The workflow. Raises FileError, WorkflowError, UsageError."""
    if name == STDIN:
        return read(sys.stdin.buffer.read(), "stdin")
    path = find_workflow(checked(name))
    if path.suffix.lower() == ".png":
        return read(read_record(path)["workflow"], path.name)
    return load(path)


def checked(name: str) -> str:
    """The name, if it cannot be a mistyped option. Raises UsageError."""
    if name.startswith("-") and name != STDIN:
        raise UsageError(f"Unknown option: {name}. A file of that name is written ./{name}")
    return name


def names_workflow(token: str) -> bool:
    """Whether a token of a command line names a workflow that can be found."""
    from calotype.errors import FileError

    if token.startswith("-"):  # stdin too: it cannot be read twice, so it has no flags
        return False
    try:
        return find_workflow(token).is_file()
    except (FileError, OSError, ValueError):
        return False


def beside(name: str) -> tuple[Path, ...]:
    """The folder of pictures that lies beside a workflow file, if there is one."""
    if name == STDIN:
        return ()
    folder = find_workflow(name).parent / "input"
    return (folder,) if folder.is_dir() else ()
