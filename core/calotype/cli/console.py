"""What commands print. Results go to stdout, everything else to stderr."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

import orjson

from calotype.errors import CalotypeError


class Aside:
    """Stands for stdout: what is printed goes to stderr, and `results` is where results go."""

    def __init__(self, results: TextIO) -> None:
        self.results = results

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stderr, name)


@contextmanager
def results_apart() -> Iterator[None]:
    """Meanwhile nobody but `say` and `say_json` reaches stdout: what plugins, nodes and the programs that they start
    print goes to stderr."""
    before, kept = sys.stdout, _moved(sys.stdout)
    results = before if kept is None else os.fdopen(os.dup(kept), "w", 1, before.encoding, before.errors)
    sys.stdout = Aside(results)
    try:
        yield
    finally:
        sys.stdout = before
        if kept is not None:
            os.dup2(kept, 1)
            os.close(kept)
            results.close()


def _moved(stdout: TextIO) -> int | None:
    """Point the process's own stdout to its stderr. A descriptor of what it was; None where there is none to move."""
    try:
        own = stdout.fileno() == 1
    except io.UnsupportedOperation:
        own = False
    if not own:
        return None
    stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    return kept


def results() -> TextIO:
    """Where results go."""
    return sys.stdout.results if isinstance(sys.stdout, Aside) else sys.stdout


def say(line: str = "") -> None:
    """A line of the result."""
    print(line, file=results())


def say_json(said: Any, *, indented: bool = False) -> None:
    """A JSON value on one line; indented for people who asked for JSON of a whole thing."""
    option = orjson.OPT_INDENT_2 if indented else 0
    print(orjson.dumps(said, str, option | orjson.OPT_NON_STR_KEYS).decode(), file=results(), flush=True)


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
