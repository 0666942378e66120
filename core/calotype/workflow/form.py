"""The form of a document but for its nodes: pydantic says what is wrong with it, and is not asked when nothing is.

Importing pydantic and building models takes longer than reading a workflow, planning it and finding all of it stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Check = Callable[[Any], bool]


def mistakes(said: dict[str, Any]) -> list[ErrorDetails]:
    """What is wrong with the form of a document, as pydantic says it."""
    if surely_fine(said):
        return []
    from pydantic import ValidationError

    from calotype.workflow.strict import DocumentForm

    try:
        DocumentForm.model_validate(said)
    except ValidationError as error:
        return error.errors(include_url=False)
    return []


def surely_fine(said: Any) -> bool:
    """The quick answer for nearly every document: its form is right. False where pydantic must say it."""
    return _part(DOCUMENT, ())(said)


def _text(value: Any) -> bool:
    """Whether it is a whole text: not one with half characters, which JSON can write."""
    if type(value) is not str:
        return False
    try:
        return value.isascii() or bool(value.encode())
    except UnicodeEncodeError:
        return False


def _any(value: Any) -> bool:
    return True


def _list(item: Check) -> Check:
    return lambda value: type(value) is list and all(map(item, value))


def _object(item: Check) -> Check:
    return lambda value: type(value) is dict and all(map(_text, value)) and all(map(item, value.values()))


def _part(checks: Mapping[str, Check], required: tuple[str, ...]) -> Check:
    def fine(value: Any) -> bool:
        return (
            type(value) is dict
            and all(map(_text, value))
            and all(key in value for key in required)
            and all(check(value[key]) for key, check in checks.items() if key in value)
        )

    return fine


JSON = _object(_any)
OUTPUTS = _object(_part({"from": _text, "doc": _text}, ("from",)))
SUBGRAPH = {
    "inputs": _object(_part({"to": _list(_text), "default": _any, "doc": _text}, ("to",))),
    "outputs": OUTPUTS,
    "nodes": _object(JSON),
}
DOCUMENT = {
    "name": _text,
    "description": _text,
    "requires": _object(_text),
    "inputs": _object(_part({"node": _text, "input": _text, "doc": _text}, ("node", "input"))),
    "outputs": OUTPUTS,
    "nodes": _object(JSON),
    "subgraphs": _object(_part(SUBGRAPH, ())),
    "frames": _list(JSON),
    "layout": _object(JSON),
}
