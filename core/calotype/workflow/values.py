"""What stands at an input: a link, a literal, a file, a secret, or a list of links and literals.

{"from": "node.output"}         a link
{"value": ANY}                  a literal that would look like something else
{"file": "name", "hash": "…"}   a file; {"secret": "NAME"} a secret: literals for this package
[…]                             a list; with links in it, of a variadic input
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*\Z")  # digits too: imported nodes keep the numbers that they had
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")  # of a port or a subgraph
LINK = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*\.[A-Za-z_][A-Za-z0-9_-]*\Z")
TARGET = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_-]*)\.([A-Za-z_][A-Za-z0-9_-]*)(?:\.(0|[1-9][0-9]{0,5}))?\Z")


class Wire(NamedTuple):
    """A link as read: where the value comes from."""

    source: str
    output: str


class Place(NamedTuple):
    """An input as a port names it: of which node, and which item of a variadic input."""

    node: str
    input: str
    item: int | None


def is_link(value: Any) -> bool:
    """Whether a value is a link."""
    return type(value) is dict and "from" in value


def wire(value: dict[str, Any]) -> Wire:
    """A link, taken apart."""
    source, _, output = value["from"].partition(".")
    return Wire(source, output)


def link(source: str, output: str) -> dict[str, str]:
    """A link, as it stands in a document."""
    return {"from": f"{source}.{output}"}


def place(text: str) -> Place:
    """The place that a port's `to` names. The text has the form of `TARGET`."""
    node, _, rest = text.partition(".")
    input, _, index = rest.partition(".")
    return Place(node, input, int(index) if index else None)


def plain(value: Any) -> Any:
    """A literal without its `{"value": ...}` wrapping."""
    return value["value"] if type(value) is dict and len(value) == 1 and "value" in value else value


def quoted(value: Any) -> Any:
    """A literal as a document may hold it: wrapped in `{"value": ...}` where it would read as something else."""
    if _special(value) or (type(value) is list and any(_special(item) for item in value)):
        return {"value": value}
    return value


def _special(value: Any) -> bool:
    return type(value) is dict and ("from" in value or "value" in value)


def pointer(*steps: str | int) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)
