"""From bytes to JSON, strictly: malformed text by line and column, duplicate keys, sizes. Nothing of nodes yet."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from calotype.errors import Problem, WorkflowError
from calotype.workflow.values import pointer

MAX_BYTES = 256 * 2**20
PNG = b"\x89PNG"


Twice = list[tuple[dict[str, Any], list[str]]]
"""Objects that name keys more than once, with these keys."""


def parse(data: bytes | str, name: str = "workflow") -> tuple[Any, list[Problem]]:
    """The JSON value, and what is wrong with it that can be read past. Raises WorkflowError where it cannot."""
    if len(data) > MAX_BYTES:
        raise _refused(name, Problem(code="too-large", message=f"it is larger than {MAX_BYTES >> 20} MiB"))
    text = _text(data, name) if isinstance(data, bytes) else data
    twice: Twice = []
    try:
        said = json.loads(text.removeprefix("\ufeff"), object_pairs_hook=lambda pairs: _object(pairs, twice))
    except json.JSONDecodeError as error:
        raise _refused(name, _malformed(error)) from None
    except RecursionError:
        raise _refused(name, Problem(code="too-deep", message="it is nested too deeply to be a workflow")) from None
    except ValueError as error:  # an integer of thousands of digits
        raise _refused(name, Problem(code="malformed", message=str(error).partition(";")[0])) from None
    return said, _duplicates(said, twice) if twice else []


def _object(pairs: list[tuple[str, Any]], twice: Twice) -> dict[str, Any]:
    said = dict(pairs)
    if len(said) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        twice.append((said, sorted(key for key, count in counts.items() if count > 1)))
    return said


def _duplicates(said: Any, twice: Twice) -> list[Problem]:
    marked = {id(value): keys for value, keys in twice}
    found: list[Problem] = []
    waiting: list[tuple[Any, str]] = [(said, "")]
    while waiting:
        value, at = waiting.pop()
        found += [
            Problem(
                code="duplicate-key",
                message=f'the key "{key}" stands here more than once',
                pointer=at + pointer(key),
                value=key,
                hint="Keep one of them.",
            )
            for key in marked.get(id(value), ())
        ]
        if isinstance(value, dict):
            waiting.extend((v, at + pointer(k)) for k, v in reversed(value.items()))
        elif isinstance(value, list):
            waiting.extend((v, at + pointer(i)) for i, v in reversed(list(enumerate(value))))
    return found


def _text(data: bytes, name: str) -> str:
    if data.startswith(PNG):
        raise _refused(
            name,
            Problem(
                code="picture",
                message="this is a picture, not a workflow file",
                hint="`calotype replay` runs the workflow that a picture of Calotype carries; `calotype import` reads "
                "one of ComfyUI.",
            ),
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _refused(
            name, Problem(code="encoding", message=f"line {line} is not UTF-8 text", expected="JSON in UTF-8")
        ) from None


def _malformed(error: json.JSONDecodeError) -> Problem:
    what = error.msg[:1].lower() + error.msg[1:]
    return Problem(
        code="malformed",
        message=f"line {error.lineno}, column {error.colno}: {what}",
        value={"line": error.lineno, "column": error.colno},
        expected="JSON",
    )


def _refused(name: str, problem: Problem) -> WorkflowError:
    return WorkflowError(f"{name} cannot be read: {problem}", [problem])
