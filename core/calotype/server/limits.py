"""What the server takes at most. Published in /v1/system, set with `calotype serve --limit NAME=NUMBER`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace

from calotype.errors import CalotypeError, FileError
from calotype.settings import MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Every bound, by name.

    body: bytes of a JSON body; upload: bytes of an uploaded file; nodes: of one workflow, expanded; depth: of JSON;
    text: characters of one text; digits: of one whole number; pixels and frames: of an uploaded picture; batch: runs
    of one submission; queue: runs that wait; history: ended runs that are kept whole; buffer: events that are held for
    one slow reader; readers: event streams open at once; wait: seconds of a synchronous run; tokens: wrong ones in a
    minute from one address; reading: seconds for a body to arrive.
    """

    body: int = 16 * MIB
    upload: int = 100 * MIB
    nodes: int = 20_000
    depth: int = 64
    text: int = MIB
    digits: int = 20
    pixels: int = 64_000_000
    frames: int = 64
    batch: int = 1_000
    queue: int = 20_000
    history: int = 10_000
    buffer: int = 1_000
    readers: int = 1_000
    wait: int = 600
    tokens: int = 20
    reading: int = 60

    @classmethod
    def of(cls, texts: Iterable[str]) -> Limits:
        """From "name=number" texts, the others as they are. Raises FileError for an unknown name or no number."""
        known = {f.name for f in fields(cls)}
        found: dict[str, int] = {}
        for text in texts:
            name, _, number = text.partition("=")
            if name not in known or not number.isdecimal() or not 0 < int(number) < 1 << 40:
                raise FileError(f"--limit {text}: write NAME=NUMBER; names are {', '.join(sorted(known))}")
            found[name] = int(number)
        return replace(cls(), **found)

    def to_dict(self) -> dict[str, int]:
        """JSON form."""
        return asdict(self)


class TooMuch(CalotypeError):
    """More than a limit allows."""

    code = "too-large"
