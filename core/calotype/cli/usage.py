"""A wrong command line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from calotype.errors import CalotypeError

WRONG_USE = 2  # exit code, as the field's tools have it


class UsageError(CalotypeError):
    """What was typed cannot be meant. Exit code 2."""

    code = "usage"


def near(word: str, words: Iterable[str]) -> str:
    """` Did you mean "..."?` for a mistyped word, or nothing."""
    found = difflib.get_close_matches(word, list(words), 1, 0.6)
    return f' Did you mean "{found[0]}"?' if found else ""
