"""Names that users give, and the paths that they become. A name leads nowhere but into its root."""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from functools import lru_cache
from pathlib import Path

from calotype.errors import FileError, shown

MAX_NAME = 1024  # characters of a whole name
MAX_PART = 255  # bytes of one part, as file systems have it
MAX_DEPTH = 32

# Windows opens devices under these names in any folder, with any extension.
RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|clock\$|com\d|lpt\d)[ ]*(\..*)?\Z", re.IGNORECASE)
BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def check_name(name: str) -> tuple[str, ...]:
    """The parts of a relative name with forward slashes. Raises FileError for whatever could lead elsewhere.

    The same names are refused on every system, so that a workflow that runs here is not an attack elsewhere.
    """
    reason = _wrong(name) if isinstance(name, str) else "it is not text"
    if reason:
        raise FileError(f"{shown(name)} is not a file name that may be used: {reason}")
    return tuple(name.split("/"))


def inside(root: Path, name: str) -> Path:
    """The path of `name` under `root`, links resolved; it need not exist. Raises FileError if it lies outside."""
    parts = check_name(name)
    path = root.joinpath(*parts)
    if sys.platform != "win32" and not _has_link(root, parts):
        return path  # nothing in it can lead elsewhere; following links would cost twenty times as much
    try:
        real, real_root = path.resolve(), root.resolve()
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links, before Python 3.13
        raise FileError(f'"{name}" in {root} cannot be reached: {error}') from error
    if real.is_symlink():
        raise FileError(f'"{name}" in {root} cannot be reached: its links lead in a circle')
    if not real.is_relative_to(real_root) or real == real_root:
        raise FileError(
            f'"{name}" in {root} is a link that leads out of it, to {real}. Put the file itself there, or add its '
            "directory to those that are looked in."
        )
    return path


def _has_link(root: Path, parts: tuple[str, ...]) -> bool:
    here = os.fspath(root)
    for part in parts:
        here = f"{here}/{part}"
        if os.path.islink(here):  # noqa: PTH114  the string is at hand
            return True
    return False


@lru_cache(4096)  # a run asks for the same few names many times
def _wrong(name: str) -> str | None:
    """Why a name may not be used."""
    return _wrong_whole(name) or next((r for r in map(_wrong_part, name.split("/")) if r), None)


def _wrong_whole(name: str) -> str | None:
    if not name:
        return "it is empty"
    if len(name) > MAX_NAME or name.count("/") > MAX_DEPTH:
        return "it is too long"
    if any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or c in BIDI for c in name):
        return "it has control characters"
    if "\\" in name:
        return "it has a backslash; use forward slashes"
    if name.startswith("/"):
        return "it is absolute; give it relative to its folder"
    if ":" in name:
        return "it has a colon, which some systems read as a drive or a stream"
    return None


def _wrong_part(part: str) -> str | None:
    plain = _as_loosest_system_reads(part)
    if not plain or plain.strip(". ") == "":
        return f"it has the part {shown(part)}"
    if set("/\\:") & set(plain):
        return f"{shown(part)} has a look-alike of a separator"
    if plain.endswith((".", " ")) or part.startswith(" "):
        return f"{shown(part)} begins with a space, or ends in a dot or a space"
    if RESERVED.match(plain):
        return f"{shown(part)} is the name of a device on some systems"
    if len(os.fsencode(part)) > MAX_PART:
        return "a part of it is too long"
    return None


def _as_loosest_system_reads(part: str) -> str:
    """Compatibility forms folded and invisible characters dropped, as some file systems and shells do."""
    folded = unicodedata.normalize("NFKC", part)
    return "".join(c for c in folded if unicodedata.category(c) not in ("Cf", "Cn", "Mn") or c.isalnum())
