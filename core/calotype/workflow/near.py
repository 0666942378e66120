"""The nearest of known names to a mistyped one, at a bounded price however many names and mistakes there are."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

MOST_NAMES = 2000
MOST_ASKED = 200


class Nearest:
    """Answers "did you mean": remembers what it was asked, and stops looking when there are very many mistakes."""

    def __init__(self) -> None:
        self._left = MOST_ASKED
        self._answers: dict[tuple[str, tuple[str, ...]], str | None] = {}

    def __call__(self, name: str, names: Iterable[str]) -> str | None:
        """The nearest of `names`, or None when none is near."""
        asked = (name, tuple(names))
        if asked not in self._answers:
            if self._left <= 0 or len(name) > 100:
                return None
            self._left -= 1
            self._answers[asked] = nearest(*asked)
        return self._answers[asked]


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The nearest of `names`, or None when none is near. Of very many names, only those of similar length count."""
    known = list(names)
    if len(known) > MOST_NAMES:
        known = [n for n in known if abs(len(n) - len(name)) < 2 and n[:1].lower() == name[:1].lower()][:MOST_NAMES]
    lowered = {n.lower(): n for n in known}
    found = difflib.get_close_matches(name.lower(), lowered, 1, 0.6)
    return lowered[found[0]] if found else None
