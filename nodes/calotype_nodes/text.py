"""Nodes about words: prompts into conditioning, and text by itself."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from calotype.errors import FileError
from calotype.node import Context, Input, Node
from calotype.types import Clip, Conditioning, FileRef, Words
from calotype_nodes.embeddings import embeddings_in

LARGEST = 10_000_000  # bytes of a text file


class TextEncode(Node, category="conditioning"):
    """Encode a prompt. `(word:1.2)` weighs a part of it; `embedding:NAME` is what a file of that name has learnt."""

    text: Words = Input(default="", multiline=True)
    clip: Clip

    def run(self, ctx: Context) -> Conditioning:
        """Encode the text with the clip's encoder."""
        embeddings = embeddings_in(ctx, self.text)
        with ctx.load(self.clip) as encoder:
            said = encoder.encode(self.text, embeddings) if embeddings else encoder.encode(self.text)
            return Conditioning((said,), self.clip.family)


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


class LoadText(Node, category="text"):
    """Read a text file."""

    lane = "io"

    file: FileRef = Input(folder="input")

    def run(self, ctx: Context) -> Written:
        """Decode it as UTF-8."""
        path = ctx.path(self.file)
        if path.stat().st_size > LARGEST:
            raise FileError(f'"{path.name}" has more than {LARGEST // 1_000_000} MB; it is too long for a text')
        try:
            return Written(path.read_text("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise FileError(f'"{path.name}" is not a text in UTF-8: {error}') from error


class TextSplit(Node, category="text"):
    """Split a text into a list at a separator."""

    text: str = Input(default="", multiline=True)
    separator: str = ","
    trim: bool = Input(default=True, doc="Take white space off the items, and leave out empty ones.")

    def run(self) -> Lines:
        """Split it; without a separator it is one item."""
        parts = self.text.split(self.separator) if self.separator else [self.text]
        return Lines([p.strip() for p in parts if p.strip()] if self.trim else parts)


class TextReplace(Node, category="text"):
    """Replace every occurrence of a text in another."""

    text: str = Input(default="", multiline=True)
    find: str = ""
    replacement: str = ""

    def run(self) -> Written:
        """Replace them; an empty `find` finds nothing."""
        return Written(self.text.replace(self.find, self.replacement) if self.find else self.text)


class TextFormat(Node, category="text"):
    """Put values into a text, in place of {a}, {b}, {c} and {d}."""

    template: str = Input(default="{a}", multiline=True)
    a: str | int | float = ""
    b: str | int | float = ""
    c: str | int | float = ""
    d: str | int | float = ""

    def run(self) -> Written:
        """Fill it in, left to right; what is filled in is not looked at again."""
        values = {name: getattr(self, name) for name in "abcd"}
        return Written(re.sub(r"\{([abcd])\}", lambda m: said(values[m[1]]), self.template))


class TextCase(Node, category="text"):
    """Write a text in capitals or small letters."""

    text: str = Input(default="", multiline=True)
    case: Literal["lower", "upper", "sentence", "title"] = "lower"

    def run(self) -> Written:
        """Change its letters."""
        how = {"lower": str.lower, "upper": str.upper, "sentence": str.capitalize, "title": str.title}
        return Written(how[self.case](self.text))


class TextTrim(Node, category="text"):
    """Take white space off a text."""

    text: str = Input(default="", multiline=True)
    side: Literal["both", "left", "right"] = "both"

    def run(self) -> Written:
        """Take it off."""
        how = {"both": str.strip, "left": str.lstrip, "right": str.rstrip}
        return Written(how[self.side](self.text))


class Found(NamedTuple):
    """Yes or no."""

    found: bool


class TextContains(Node, category="text"):
    """Tell whether a text is in another."""

    text: str = Input(default="", multiline=True)
    find: str = ""
    same_case: bool = Input(default=True, doc="Whether capitals and small letters differ.")

    def run(self) -> Found:
        """Look for it."""
        if self.same_case:
            return Found(self.find in self.text)
        return Found(self.find.lower() in self.text.lower())


class Count(NamedTuple):
    """How many."""

    length: int


class TextLength(Node, category="text"):
    """Count the characters of a text."""

    text: str = Input(default="", multiline=True)

    def run(self) -> Count:
        """Count them."""
        return Count(len(self.text))


def said(value: str | float) -> str:
    """A value as text: whole numbers without a point."""
    return f"{value:.10g}" if isinstance(value, float) else str(value)
