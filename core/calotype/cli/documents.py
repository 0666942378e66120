"""Workflows as the command line names them: a file, a shipped name, a picture that a run made, or `-` for stdin."""

from __future__ import annotations

import sys
from pathlib import Path

from calotype.cli.console import complain
from calotype.cli.usage import UsageError
from calotype.errors import FileError, WorkflowError
from calotype.plugins import Report
from calotype.services import find_workflow, load_workflow, read_workflow
from calotype.workflow import Document, save

STDIN = "-"


def load_document(name: str) -> Document:
    """The workflow; what was lost in reading one of another program is said.

    Raises FileError, WorkflowError, UsageError.
    """
    document, report = load_reported(name)
    for line in report.warnings() if report else ():
        complain(f"{name}: {line}")
    return document


def load_reported(name: str) -> tuple[Document, Report | None]:
    """The workflow, with a report if it is of another program. Raises FileError, WorkflowError, UsageError."""
    if name == STDIN:
        return read_workflow(sys.stdin.buffer.read(), "stdin")
    return load_workflow(checked(name))


def checked(name: str) -> str:
    """The name, if it cannot be a mistyped option. Raises UsageError."""
    if name.startswith("-") and name != STDIN:
        raise UsageError(f"Unknown option: {name}. A file of that name is written ./{name}")
    return name


def save_document(document: Document, path: Path) -> None:
    """Write a workflow file. Raises FileError."""
    try:
        save(document, path)
    except WorkflowError as error:
        raise FileError(str(error)) from error


def names_workflow(token: str) -> bool:
    """Whether a token of a command line names a workflow that can be found."""
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
