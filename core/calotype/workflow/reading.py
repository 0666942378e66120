"""From JSON to a `Document`: strict, and every problem at once."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from calotype.errors import Problem, WorkflowError, shown
from calotype.workflow.document import FORMAT, Document, made
from calotype.workflow.form import mistakes
from calotype.workflow.near import nearest
from calotype.workflow.nodes import literal_problems, node_problems, port_problems
from calotype.workflow.parse import parse
from calotype.workflow.values import pointer

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

SHOWN_PROBLEMS = 40

MIGRATIONS: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""Format migrations: from a version to the next. Version 1 is the first, so there is none yet."""


def read(data: bytes | str | dict[str, Any], name: str = "workflow") -> Document:
    """The document in a file's text or in a JSON object. Raises WorkflowError with every problem."""
    said, problems = (data, []) if isinstance(data, dict) else parse(data, name)
    said = _current(said, name)
    problems += _problems(said)
    rest = {k: v for k, v in said.items() if k != "calotype"}
    problems = [_told(e) for e in mistakes(rest)] + problems
    if problems:
        raise refused(problems, name)
    document = made(Document, rest)
    return copy.deepcopy(document) if isinstance(data, dict) else document


def refused(problems: Iterable[Problem], name: str) -> WorkflowError:
    """One error for all problems; the message lists the first of them, one a line."""
    found = list(problems)
    if len(found) == 1:
        return WorkflowError(f"{name}: {found[0]}", found)
    lines = [f"  {p}" for p in found[:SHOWN_PROBLEMS]]
    more = [f"  and {len(found) - SHOWN_PROBLEMS} more"] if len(found) > SHOWN_PROBLEMS else []
    return WorkflowError("\n".join([f"{name} has {len(found)} problems:", *lines, *more]), found)


def _current(said: Any, name: str) -> dict[str, Any]:
    """The JSON object in today's format. Raises WorkflowError where it is no workflow at all."""
    if not isinstance(said, dict):
        raise refused([_not_ours(f"{shown(said)} is not a workflow: a JSON object is needed")], name)
    version = said.get("calotype")
    if version is None:
        raise refused([_foreign(said)], name)
    if type(version) is not int or version < 1:
        raise refused([_version(version, f"{shown(version)} is not a format version")], name)
    if version > FORMAT:
        hint = "Update Calotype to read it."
        raise refused([_version(version, f"a newer Calotype wrote this file, in format {version}", hint)], name)
    current: dict[str, Any] = said
    for older in range(version, FORMAT):
        current = MIGRATIONS[older](current)
    return current


def _version(value: Any, message: str, hint: str | None = None) -> Problem:
    expected = f"1 to {FORMAT}" if FORMAT > 1 else str(FORMAT)
    return Problem(
        code="format-version", message=message, pointer="/calotype", value=value, expected=expected, hint=hint
    )


def _foreign(said: dict[str, Any]) -> Problem:
    if _from_comfyui(said):
        return Problem(
            code="comfyui-file",
            message="this is a workflow of ComfyUI",
            hint="`calotype import FILE` turns it into one of Calotype.",
        )
    near = nearest("calotype", [k for k in said if isinstance(k, str)][:1000])
    return Problem(
        code="format-version",
        message='the key "calotype" is missing, which gives the format version of a workflow',
        pointer="/calotype",
        expected=str(FORMAT),
        hint=f'The key "{near}" is not it.'
        if near
        else f'Start the file with {{"calotype": {FORMAT}, "nodes": {{}}}}.',
    )


def _from_comfyui(said: dict[str, Any]) -> bool:
    """The editor's format lists nodes and links; the API format has a class_type in every node."""
    if isinstance(said.get("nodes"), list) and ("links" in said or "last_node_id" in said):
        return True
    wrapped = said.get("prompt")
    nodes = wrapped if isinstance(wrapped, dict) else said
    return any(isinstance(node, dict) and "class_type" in node for node in nodes.values())


def _not_ours(message: str) -> Problem:
    return Problem(code="not-a-workflow", message=message, expected="a JSON object")


def _problems(said: dict[str, Any]) -> list[Problem]:
    """What the top-level check does not see: nodes, subgraphs, and literals anywhere."""
    found = []
    if "nodes" not in said:
        near = nearest("nodes", [k for k in said if isinstance(k, str)])
        hint = f'Is "{near}" meant?' if near else None
        found.append(Problem(code="missing", message='the key "nodes" is missing', pointer="/nodes", hint=hint))
    found += node_problems(said.get("nodes"), "/nodes")
    subgraphs = said.get("subgraphs")
    if isinstance(subgraphs, dict):
        for name, subgraph in subgraphs.items():
            found += _subgraph_problems(name, subgraph)
    rest = {k: v for k, v in said.items() if k not in ("nodes", "subgraphs")}
    return found + literal_problems(rest, "") + port_problems(said, "")


def _subgraph_problems(name: str, subgraph: Any) -> list[Problem]:
    at = pointer("subgraphs", name)
    if not isinstance(subgraph, dict):
        return []  # said by the top-level check
    rest = {k: v for k, v in subgraph.items() if k != "nodes"}
    return [
        *node_problems(subgraph.get("nodes"), at + "/nodes", f"subgraph/{name}/"),
        *literal_problems(rest, at),
        *port_problems(subgraph, at, name),
    ]


WANTED = {
    "string_type": "a string",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "dict_type": "an object",
    "list_type": "a list",
    "model_type": "an object",
    "model_attributes_type": "an object",
}


def _told(error: ErrorDetails) -> Problem:
    """A problem in our words from one of pydantic's."""
    at = pointer(*(step for step in error["loc"] if step != "[key]"))
    if error["type"] == "missing":
        return _missing(error, at)
    wanted = WANTED.get(error["type"])
    message = f"{shown(error['input'])} is not {wanted}" if wanted else error["msg"]
    return Problem(code="type", message=message, pointer=at, value=_small(error["input"]), expected=wanted)


def _missing(error: ErrorDetails, at: str) -> Problem:
    key, given = str(error["loc"][-1]), error["input"]
    near = nearest(key, map(str, given)) if isinstance(given, dict) else None
    hint = f'Is "{near}" meant?' if near else None
    return Problem(code="missing", message=f'the key "{key}" is missing', pointer=at, hint=hint)


def _small(value: Any) -> Any:
    return value if isinstance(value, (str, int, float, bool)) else None
