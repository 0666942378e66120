"""Workflow files on disk: read with a bound on size, written all at once."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from calotype.errors import Problem, WorkflowError
from calotype.workflow.document import Document
from calotype.workflow.parse import MAX_BYTES
from calotype.workflow.reading import read
from calotype.workflow.writing import write


def load(path: Path | str) -> Document:
    """The document in a file. Raises WorkflowError with every problem, also when there is no such file."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise _failed(path, "read", error) from error
    return read(data, str(path))


def save(document: Document, path: Path | str) -> None:
    """Write the file all at once: a crash leaves the old file or the new one, never a part. Raises WorkflowError."""
    data = write(document).encode()
    temporary = None
    try:
        target = Path(path).resolve()  # a symbolic link stays one
        temporary = target.with_name(f".calotype-{secrets.token_hex(8)}.tmp")
        _write_through(temporary, data)
        if target.exists():
            temporary.chmod(target.stat().st_mode & 0o777)
        temporary.replace(target)
        _sync_folder(target.parent)
    except (OSError, ValueError) as error:
        raise _failed(path, "written", error) from error
    finally:
        if temporary is not None:
            with suppress(OSError):  # missing, or its folder is a file
                temporary.unlink()


def _write_through(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make the new name last through a power cut, where folders can be opened."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _failed(path: Path | str, done: str, error: OSError | ValueError) -> WorkflowError:
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    problem = Problem(code=f"not-{done}", message=f"{path} cannot be {done}: {reason}")
    return WorkflowError(str(problem), [problem])
