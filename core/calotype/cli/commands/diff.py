"""`calotype diff`: what two workflows have different, apart from their writing."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from calotype.cli.console import say, say_json
from calotype.cli.documents import load_document
from calotype.cli.options import Json


def diff(
    a: Annotated[str, Parameter(allow_leading_hyphen=True)],
    b: Annotated[str, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    json: Json = False,
) -> int:
    """Say which nodes, values, links and places differ. Exit code 1 when anything does, as diff(1).

    Parameters
    ----------
    a
        A workflow: a file, a shipped name, a picture that carries one, or - for stdin.
    b
        The other one.
    """
    from calotype.workflow.compare import diff as difference

    found = difference(load_document(a), load_document(b))
    if json:
        say_json(found.to_dict())
    elif found:
        say(str(found))
    return 1 if found else 0
