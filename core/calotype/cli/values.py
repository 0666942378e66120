"""From words on a command line to values of inputs.

Text stands for itself: "4,7" is a text of three characters for an input that takes text, and to sweep over texts the
flag is repeated. Numbers, choices and files never hold a comma that matters, so for them a comma separates values, and
`1..4` (`0.5..1..0.25` with a step) is a range with both ends.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from calotype import sockets
from calotype.cli.usage import UsageError
from calotype.node import InputSpec
from calotype.sockets import Choice, ListOf, Socket, Union

Kind = Literal["text", "number", "choice", "file", "secret", "json"]

NUMBER = r"[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?"
RANGE = re.compile(rf"({NUMBER})\.\.({NUMBER})(?:\.\.({NUMBER}))?\Z")
WORDS = {"true": True, "false": False, "yes": True, "no": False, "on": True, "off": False}
MOST = 10_000  # values of one range


def kind_of(spec: InputSpec | None) -> Kind:
    """How words are read for an input."""
    if spec is None or spec.variadic or _holds(spec.socket, ListOf):
        return "json"
    names = sockets.names(spec.socket)
    if spec.folder:
        return "file"
    if "Secret" in names:
        return "secret"
    if _holds(spec.socket, Choice) or "bool" in names:
        return "choice"
    if "str" in names:
        return "text"
    return "number" if names & {"int", "float"} and "Json" not in names else "json"


def several(text: str, spec: InputSpec | None) -> list[Any]:
    """The values that one flag gives: several where a comma or a range says so. Raises UsageError."""
    kind = kind_of(spec)
    if kind not in ("number", "choice", "file") or (kind == "file" and (_is_file(text) or text.startswith("{"))):
        return [single(text, spec)]
    values: list[Any] = []
    for part in text.split(","):
        found = RANGE.match(part.strip()) if kind == "number" else None
        values += _range(*found.groups(), text=part) if found else [single(part.strip(), spec)]
    return values


def single(text: str, spec: InputSpec | None) -> Any:
    """The one value that a text means; what cannot be read stays text, and validation says what is wrong with it."""
    if text == "none" and spec is not None and sockets.optional(spec.socket) and kind_of(spec) != "text":
        return None
    match kind_of(spec):
        case "text":
            return text
        case "number":
            return _number(text)
        case "choice":
            return _choice(text, spec.socket) if spec else text
        case "file":
            return _file(text, spec.folder or "") if spec else text
        case "secret":
            return {"secret": text}
    return _json(text)


def _number(text: str) -> Any:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text


def _range(first: str, last: str, step: str | None, *, text: str) -> list[Any]:
    start, stop, by = Decimal(first), Decimal(last), Decimal(step or "1")
    if by <= 0 or stop < start:
        raise UsageError(f'the range "{text}" is empty; write FIRST..LAST or FIRST..LAST..STEP, with a step above 0')
    count = int((stop - start) / by) + 1
    if count > MOST:
        raise UsageError(f'the range "{text}" has {count} values; at most {MOST} are taken')
    return [_number(str(start + by * i)) for i in range(count)]


def _choice(text: str, socket: Socket) -> Any:
    accepted = _choices(socket)
    for value in accepted:
        if str(value) == text:
            return value
    return WORDS.get(text.lower(), text) if "bool" in sockets.names(socket) else text


def _choices(socket: Socket) -> tuple[Any, ...]:
    match socket:
        case Choice(values):
            return values
        case Union(members):
            return tuple(v for m in members for v in _choices(m))
    return ()


def _file(text: str, folder: str) -> Any:
    """A picture given by its path is named by its file name; its folder has been made known to the host.

    `{"file": NAME, "hash": HASH}` is taken as it stands.
    """
    if text.startswith("{"):
        return _json(text)
    return {"file": Path(text).name} if folder == "input" and _is_file(text) else text


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):
        return False


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _holds(socket: Socket, kind: type) -> bool:
    members = socket.members if isinstance(socket, Union) else (socket,)
    return any(isinstance(m, kind) for m in members)


def folders_of(texts: Iterable[str]) -> list[Path]:
    """The folders of the files that are named by path, in order.

    Raises UsageError for two files of one name: pictures are known to a run by name.
    """
    paths = dict.fromkeys(Path(part).absolute() for text in texts for part in _parts(text))
    by_name: dict[str, Path] = {}
    for path in paths:
        other = by_name.setdefault(path.name, path)
        if other != path:
            raise UsageError(f'"{other}" and "{path}" have the same name; give one of them another, or use --each')
    return list(dict.fromkeys(path.parent for path in paths))


def _parts(text: str) -> list[str]:
    return (
        [text]
        if _is_file(text) or text.startswith("{")
        else [part.strip() for part in text.split(",") if _is_file(part.strip())]
    )
