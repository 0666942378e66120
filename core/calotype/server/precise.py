"""Documents that come from a page: JavaScript reads every number as a double."""

from __future__ import annotations

from typing import Any

from calotype.errors import CalotypeError
from calotype.library import Library
from calotype.workflow.numbers import precise


def as_before(library: Library, name: str, said: dict[str, Any]) -> dict[str, Any]:
    """A document as it was sent, where nobody changed a number with that number as the newest revision has it."""
    try:
        before = library.get(name).document.to_dict()
    except CalotypeError:  # there is none, or none that can be read: saving says what is wrong
        return said
    found: dict[str, Any] = precise(said, before)
    return found
