"""`calotype validate`: every problem of a workflow, at once."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from calotype.cli.console import complain_of, plural, say, say_json
from calotype.cli.documents import beside, load_document
from calotype.cli.options import Host, Json, opened
from calotype.errors import FileError, ValidationError, WorkflowError, exit_code

FRESH = Host()


def validate(
    files: Annotated[
        list[str],
        Parameter(name="FILE", allow_leading_hyphen=True, help="Workflows: files, shipped names, or - for stdin."),
    ],
    /,
    *,
    json: Json = False,
    host: Host = FRESH,
) -> int:
    """Say everything that is wrong with workflows, before anything runs and without loading a model."""
    code = 0
    for name in files:
        try:
            document = load_document(name)
        except (FileError, WorkflowError) as error:  # the other files are still looked at
            complain_of(error, json=json)
            code = exit_code(error)
            continue
        with opened(host, beside(name)) as services:
            problems = services.check(document).problems
        if json:
            say_json({"file": name, "ok": not problems, "problems": [p.to_dict() for p in problems]})
        else:
            say(f"{name}: {plural(len(problems), 'problem') if problems else 'ok'}")
            for problem in problems:
                say(f"  {problem}")
        if problems:
            code = exit_code(ValidationError.of(problems))
    return code
