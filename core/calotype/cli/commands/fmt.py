"""`calotype fmt`: the canonical form of a workflow file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from calotype.cli.console import complain, results
from calotype.cli.documents import checked, save_document
from calotype.errors import FileError
from calotype.workflow import read, write


def fmt(
    files: Annotated[
        list[str], Parameter(name="FILE", allow_leading_hyphen=True, help="Workflow files, or - for stdin to stdout.")
    ],
    /,
    *,
    check: Annotated[bool, Parameter(help="Change nothing; exit code 1 when a file is not in its form.")] = False,
) -> int:
    """Write workflow files in their canonical form: sorted, stable, one way for one meaning."""
    changed = [name for name in map(checked, files) if _formatted(name, check=check)]
    for name in changed:
        complain(f"{name}: {'is not in its canonical form' if check else 'written'}")
    return 1 if check and changed else 0


def _formatted(name: str, *, check: bool) -> bool:
    """Whether the file was, or with `check` would be, changed. Raises FileError, WorkflowError."""
    if name == "-":
        said = sys.stdin.buffer.read()
        canonical = write(read(said, "stdin"))
        if not check:
            results().write(canonical)
        return check and canonical.encode() != said
    path = Path(name)
    try:
        said = path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise FileError(f'cannot read "{path}": {getattr(error, "strerror", None) or error}') from error
    document = read(said, name)
    same = said == write(document).encode()
    if not same and not check:
        save_document(document, path)
    return not same
