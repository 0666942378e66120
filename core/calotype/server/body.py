"""From the bytes of a body to JSON, bounded: size, depth, texts, numbers, duplicate keys. Every refusal has a place."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from typing import Any

from calotype.errors import Problem, shown
from calotype.server.limits import Limits
from calotype.server.problems import Refused
from calotype.workflow.values import pointer

CONTAINERS = 12  # objects and lists for each node that is allowed: its own, inputs, links, layout
SEVERAL = 4  # times as many nodes as one workflow may have are taken in one body

TEXT = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"')


class _Bad:
    """Stands in the parsed value where something was that cannot be taken; found again for its pointer."""

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message


class _Twice(dict[str, Any]):
    """An object that named keys more than once."""

    keys_twice: list[str]


def parse(data: bytes, limits: Limits) -> Any:
    """The JSON value of a body. Raises Refused: 400 malformed, 413 too much, 422 what no document may hold.

    What costs little comes first, so that a bomb costs little. That a key stands twice is seen by counting: only then
    is the body read again, slowly, to say where.
    """
    if len(data) > limits.body:
        raise Refused(413, "too-large", f"the body is larger than {limits.body} bytes", pointer="")
    if data.count(b"{") + data.count(b"[") > CONTAINERS * limits.nodes:
        raise Refused(413, "too-large", f"the body holds more than {CONTAINERS * limits.nodes} objects", pointer="")
    if data.count(b'"type"') > SEVERAL * limits.nodes:
        raise Refused(413, "too-large", f"the body holds more than {SEVERAL * limits.nodes} nodes", pointer="")
    reader = _Reader(limits)
    said = reader.read(data)
    _few_nodes(said, limits)
    depth, keys = _measured(said, limits.depth)
    if depth > limits.depth:
        raise Refused(422, "too-deep", f"the body is nested more than {limits.depth} deep", pointer="")
    if keys != TEXT.sub(b"", data).count(b":"):
        said = reader.read(data, twice=True)
    problems = list(reader.problems(said, data))
    if problems:
        raise Refused(422, problems[0].code, str(problems[0]), problems=problems)
    return said


def _few_nodes(said: Any, limits: Limits) -> None:
    """No workflow of a body has more nodes than may be. Raises Refused before anything looks at them."""
    wishes = [("", said)]
    if isinstance(said, dict) and isinstance(said.get("runs"), list):
        wishes += [(pointer("runs", i), one) for i, one in enumerate(said["runs"])]
    for at, wish in wishes:
        workflow = wish.get("workflow") if isinstance(wish, dict) else None
        nodes = workflow.get("nodes") if isinstance(workflow, dict) else None
        if isinstance(nodes, dict) and len(nodes) > limits.nodes:
            message = f"the workflow has {len(nodes)} nodes, more than {limits.nodes}"
            raise Refused(413, "too-large", message, pointer=f"{at}/workflow/nodes")


class _Reader:
    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._marked = False

    def read(self, data: bytes, *, twice: bool = False) -> Any:
        """The value. twice: note the keys that an object names more than once."""
        try:
            text = data.decode("utf-8").removeprefix("\ufeff")
            return json.loads(
                text,
                object_pairs_hook=self._object if twice else None,
                parse_constant=self._constant,
                parse_float=self._float,
                parse_int=self._int,
            )
        except UnicodeDecodeError as error:
            raise Refused(400, "encoding", f"the body is not UTF-8 text: byte {error.start}", pointer="") from None
        except json.JSONDecodeError as error:
            what = f"line {error.lineno}, column {error.colno}: {error.msg[:1].lower()}{error.msg[1:]}"
            raise Refused(400, "malformed", f"the body is not JSON: {what}", pointer="") from None
        except RecursionError:
            message = f"the body is nested more than {self._limits.depth} deep"
            raise Refused(422, "too-deep", message, pointer="") from None

    def problems(self, said: Any, data: bytes) -> Iterator[Problem]:
        """What is wrong with a value that could be read."""
        if self._marked or len(data) > self._limits.text or b"\\u" in data or b"\xed" in data:
            yield from _walked(said, self._wrong)

    def _wrong(self, value: Any, at: str) -> Iterator[Problem]:
        if type(value) is _Bad:
            yield Problem(code=value.code, message=value.message, pointer=at)
        elif type(value) is _Twice:
            for key in value.keys_twice:
                message = f"the key {shown(key)} stands here more than once"
                yield Problem(
                    code="duplicate-key", message=message, pointer=at + pointer(key), hint="Keep one of them."
                )
        elif type(value) is str and (len(value) > self._limits.text or not _encodable(value)):
            yield self._text_problem(value, at)

    def _text_problem(self, value: str, at: str) -> Problem:
        if len(value) > self._limits.text:
            message = f"the text has {len(value)} characters, more than {self._limits.text}"
            return Problem(code="too-long", message=message, pointer=at)
        return Problem(code="encoding", message="the text holds half of a character (a lone surrogate)", pointer=at)

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        said = dict(pairs)
        if len(said) == len(pairs):
            return said
        self._marked = True
        twice, seen = _Twice(said), set[str]()
        twice.keys_twice = sorted({k for k, _ in pairs if k in seen or seen.add(k)})  # type: ignore[func-returns-value]
        return twice

    def _constant(self, text: str) -> Any:
        return self._bad("not-finite", f"{text} is not a number of JSON")

    def _float(self, text: str) -> Any:
        value = float(text)
        return value if math.isfinite(value) else self._bad("not-finite", f"{shown(text)} is too large a number")

    def _int(self, text: str) -> Any:
        if len(text) > self._limits.digits + 1:
            return self._bad("too-large", f"the number {text[:20]}… has more than {self._limits.digits} digits")
        return int(text)

    def _bad(self, code: str, message: str) -> _Bad:
        self._marked = True
        return _Bad(code, message)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _measured(said: Any, most: int) -> tuple[int, int]:
    """How deeply objects and lists are nested, at most one more than `most`; and how many keys there are down to it."""
    level, depth, keys = [said], 0, 0
    while depth <= most:
        objects = [v for v in level if isinstance(v, dict)]
        lists = [v for v in level if isinstance(v, list)]
        if not objects and not lists:
            break
        depth += 1
        keys += sum(map(len, objects))
        level = [inner for v in objects for inner in v.values()] + [inner for v in lists for inner in v]
    return depth, keys


def _walked(said: Any, look: Callable[[Any, str], Iterator[Problem]]) -> Iterator[Problem]:
    """What `look` finds at every value and key, each with its pointer, in the order of the text."""
    waiting: list[tuple[Any, str]] = [(said, "")]
    while waiting:
        value, at = waiting.pop()
        yield from look(value, at)
        if isinstance(value, dict):
            for key in value:
                yield from look(key, at)
            waiting.extend((v, at + pointer(k)) for k, v in reversed(value.items()))
        elif isinstance(value, list):
            waiting.extend((v, at + pointer(i)) for i, v in reversed(list(enumerate(value))))
