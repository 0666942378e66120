"""What commands print. Results go to stdout, everything else to stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from calotype.errors import CalotypeError


def say(line: str = "") -> None:
    """A line of the result."""
    print(line)


def say_json(said: Any, *, indented: bool = False) -> None:
    """A JSON value on one line; indented for people who asked for JSON of a whole thing."""
    option = orjson.OPT_INDENT_2 if indented else 0
    print(orjson.dumps(said, str, option | orjson.OPT_NON_STR_KEYS).decode(), flush=True)


def complain(line: str) -> None:
    """A line about how it goes, or what is wrong."""
    print(line, file=sys.stderr, flush=True)


def complain_of(error: CalotypeError, *, json: bool) -> None:
    """An error, for people; with `json` also for programs, on stdout."""
    complain(f"calotype: {error}")
    if json:
        say_json({"error": error.to_dict()})


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Columns as wide as what stands in them; the last one is not padded."""
    lines = [list(heads), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(heads))]
    for line in lines:
        say("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def pairs(said: Mapping[str, object]) -> None:
    """Names and values, one a line."""
    width = max(map(len, said), default=0)
    for name, value in said.items():
        say(f"{name.ljust(width)}  {value}")


def bytes_said(count: float) -> str:
    """A number of bytes for people, as `--vram 6G` counts them: 42.1 MiB."""
    if count < 1024:
        return f"{count:.0f} bytes"
    for unit in ("KiB", "MiB", "GiB"):
        count /= 1024
        if count < 1024:
            return f"{count:.1f} {unit}"
    return f"{count / 1024:.1f} TiB"


def plural(count: int, word: str) -> str:
    """`1 node`, `2 nodes`."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
