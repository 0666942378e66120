"""`calotype import`: a workflow of another program as one of Calotype."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from calotype.cli.console import complain, plural, results, say_json
from calotype.cli.documents import load_reported, save_document
from calotype.cli.options import Json
from calotype.plugins import Report
from calotype.workflow import write


def import_(
    file: Annotated[str, Parameter(name="FILE", help="A workflow or picture of another program, or - for stdin.")],
    /,
    *,
    out: Annotated[Path | None, Parameter(name=("--out", "-o"), help="File to write; by default stdout.")] = None,
    json: Json = False,
) -> int:
    """Turn a workflow of another program into one of Calotype, and say what of it has a counterpart and what not."""
    document, report = load_reported(file)
    if out is not None:
        save_document(document, out)
    if json:
        say_json({"document": document.to_dict(), "report": report.to_dict() if report else None}, indented=True)
    elif out is None:
        results().write(write(document))
    _tell(file, report)
    return 0


def _tell(file: str, report: Report | None) -> None:
    if report is None:
        complain(f"{file}: a workflow of Calotype already")
        return
    lines = [*report.warnings(), *(str(n) for n in report.notes if not n.warning)]
    counts = f"{plural(len(report.mapped), 'node')} mapped, {len(report.unknown)} without a counterpart"
    complain(f"{file}: {report.format}; {counts}")
    for line in lines:
        complain(f"  {line}")
