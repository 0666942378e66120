"""Numbers that went through a program which knows doubles only, as JavaScript does."""

from __future__ import annotations

from typing import Any


def precise(said: Any, before: Any) -> Any:
    """What is said now, where each number that such a program would show alike is as it was before.

    To it 9007199254740993 is 9007199254740992, and 2.0 is 2: neither says that somebody changed the value.
    """
    if isinstance(said, dict) and isinstance(before, dict):
        return {k: precise(v, before[k]) if k in before else v for k, v in said.items()}
    if isinstance(said, list) and isinstance(before, list) and len(said) == len(before):
        return [precise(v, w) for v, w in zip(said, before, strict=True)]
    return before if _alike(said, before) else said


def _alike(said: Any, before: Any) -> bool:
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (said, before))
    try:
        return numbers and float(said) == float(before)
    except OverflowError:  # beyond every double
        return False
