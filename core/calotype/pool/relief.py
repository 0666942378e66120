"""The upper rungs of the ladder: what only the computation itself can do when memory does not suffice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

TILED, SPLIT = "tiled", "split"
WORDS = {
    TILED: "the VAE worked in tiles of {} pixels, because the whole picture did not fit into memory",
    SPLIT: "prompts or pictures were computed one after the other instead of together, because they did not fit",
}


class Relief(Protocol):
    """Given to a module by the memory manager; a module without one is on its own."""

    def remembered(self, rung: str, shape: str) -> str:
        """How the rung was taken the last time for this shape, on no larger a device; "" if it was not needed."""

    def took(self, rung: str, shape: str, how: str = "1") -> None:
        """The rung was taken, and with success: the result is marked, and the next time begins with it."""


class Recorded:
    """A `Relief` that remembers, and says so.

    remember, recall: by rung and shape; tell: what was done, for people.
    """

    def __init__(
        self,
        recall: Callable[[str], str],
        remember: Callable[[str, str], object],
        tell: Callable[[str], object],
    ) -> None:
        self._recall, self._remember, self._tell = recall, remember, tell

    def remembered(self, rung: str, shape: str) -> str:
        """See `Relief`."""
        return self._recall(f"{rung} {shape}")

    def took(self, rung: str, shape: str, how: str = "1") -> None:
        """See `Relief`."""
        self._remember(f"{rung} {shape}", how)
        self._tell(WORDS[rung].format(how))
