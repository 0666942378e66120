"""`calotype plan`: what a run would do, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from cyclopts import Parameter

from calotype.cli.console import plural, say, say_json, table
from calotype.cli.documents import beside, load_document
from calotype.cli.inputs import Inputs
from calotype.cli.options import Host, Json, opened
from calotype.cli.order import applied
from calotype.cli.usage import UsageError
from calotype.cli.values import folders_of
from calotype.workflow import Document

FRESH = Host()
SAID = {"hit": "stored", "run": "compute", "later": "if chosen", "idle": "not needed"}


def plan(
    file: Annotated[str, Parameter(allow_leading_hyphen=True)],
    *,
    flags: Annotated[Mapping[str, Sequence[str]] | None, Parameter(parse=False)] = None,
    document: Annotated[Document | None, Parameter(parse=False)] = None,
    set_: Annotated[tuple[str, ...], Parameter(name="--set", help="INPUT=VALUE or NODE.INPUT=VALUE.")] = (),
    to: Annotated[tuple[str, ...], Parameter(name="--to", help="NODE to run to.")] = (),
    json: Json = False,
    host: Host = FRESH,
) -> int:
    """Say for each node whether its result is stored, and if not, what is different from the last run.

    It takes the flags of `calotype run FILE`.

    Parameters
    ----------
    file
        A workflow: a file, a shipped name, a picture that carries one, or - for stdin.
    """
    document, given = document or load_document(file), Inputs(flags or {}, set_)
    with opened(host, (*folders_of(given.texts), *beside(file))) as services:
        sweep = given.sweep(document, services.registry)
        if sweep.moving:
            raise UsageError("plan takes one value for each input")
        made = services.plan(applied(document, next(iter(sweep))), to or None)
    if json:
        say_json(made.to_dict())
        return 0
    rows = [(e.node, e.spec.id, SAID[e.status], e.reason) for e in made.entries]
    table(("node", "type", "", "because"), rows)
    say(f"{plural(len(made.runs), 'node')} to compute, {len(made.hits)} stored")
    return 0
