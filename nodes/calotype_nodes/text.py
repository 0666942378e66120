"""Nodes about words: prompts into conditioning, and text by itself."""

from __future__ import annotations

from typing import NamedTuple

from calotype.node import Context, Input, Node
from calotype.types import Clip, Conditioning


class TextEncode(Node, category="conditioning"):
    """Encode a prompt. `(word:1.2)` weighs a part of it."""

    text: str = Input(default="", multiline=True)
    clip: Clip

    def run(self, ctx: Context) -> Conditioning:
        """Encode the text with the clip's encoder."""
        with ctx.load(self.clip) as encoder:
            return Conditioning((encoder.encode(self.text),), self.clip.family)


class Written(NamedTuple):
    """A text."""

    text: str


class Lines(NamedTuple):
    """Several texts."""

    texts: list[str]


class TextJoin(Node, category="text"):
    """Join texts, in order, with a separator between them."""

    texts: tuple[str | list[str], ...] = Input(default=(), doc="Texts, or lists of texts.")
    separator: str = ", "
    skip_empty: bool = Input(default=True, doc="Leave out texts that have nothing but white space.")

    def run(self) -> Written:
        """Join them."""
        every = [t for item in self.texts for t in ([item] if isinstance(item, str) else item)]
        return Written(self.separator.join(t for t in every if t.strip() or not self.skip_empty))


class TextLines(Node, category="text"):
    """Split a text into a list, one item a line; empty lines are left out."""

    text: str = Input(default="", multiline=True)

    def run(self) -> Lines:
        """Split it."""
        return Lines([line.strip() for line in self.text.splitlines() if line.strip()])
