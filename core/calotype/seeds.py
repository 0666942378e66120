"""Drawing seeds for inputs that say "random"."""

from __future__ import annotations

import secrets

BITS = 53  # so that a seed is exact in every JSON reader, the editor's among them


def draw_seed() -> int:
    """A seed nobody could have foreseen."""
    return secrets.randbits(BITS)
