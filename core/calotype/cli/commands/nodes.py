"""`calotype nodes`: the node types there are."""

from __future__ import annotations

from itertools import groupby
from typing import Annotated

from cyclopts import Parameter

from calotype.cli.console import say, say_json
from calotype.cli.flags import kind_said
from calotype.cli.options import Host, Json, opened
from calotype.node import InputSpec, NodeSpec

FRESH = Host()


def nodes(
    type_: Annotated[str, Parameter(name="TYPE", help="A node type, to see all of it.")] = "",
    /,
    *,
    json: Json = False,
    host: Host = FRESH,
) -> int:
    """List node types by category, or show one: its inputs with types, ranges and defaults, and its outputs."""
    with opened(host) as services:
        specs = [services.registry[type_]] if type_ else sorted(services.registry, key=lambda s: (s.category, s.id))
    if json:
        say_json(specs[0].to_dict() if type_ else [s.to_dict() for s in specs], indented=True)
    elif type_:
        _show(specs[0])
    else:
        _list(specs)
    return 0


def _list(specs: list[NodeSpec]) -> None:
    width = max((len(s.id) for s in specs), default=0)
    for category, several in groupby(specs, key=lambda s: s.category):
        say(f"{category or 'other'}:")
        for spec in several:
            say(f"  {spec.id.ljust(width)}  {spec.doc.partition(chr(10))[0]}".rstrip())


def _show(spec: NodeSpec) -> None:
    say(f"{spec.id}, version {spec.version}, {spec.category or 'no category'}")
    say(spec.doc)
    if spec.aliases:
        say(f"also known as {', '.join(spec.aliases)}")
    _section("inputs", [_input(i) for i in spec.inputs.values()])
    _section("outputs", [f"{o.name}: {o.socket}" for o in spec.outputs.values()])


def _section(title: str, lines: list[str]) -> None:
    if lines:
        say("\n  ".join([f"{title}:", *lines]))


def _input(spec: InputSpec) -> str:
    kind = f"{kind_said(spec)}{', several' if spec.variadic else ''}"
    default = "required" if spec.required else f"default {spec.default!r}"
    return f"{spec.name}: {kind}; {default}{f'. {spec.doc}' if spec.doc else ''}"
