"""`embedding:NAME` in prompts, with ComfyUI's meaning. No torch: planning reads which files a prompt names."""

from __future__ import annotations

import re
from dataclasses import dataclass

from calotype.diffusion.text.weights import pieces

MARK = "embedding:"
FOLDER = "embeddings"
BREAK = re.compile(rf"[ \n](?={MARK})")


@dataclass(frozen=True, slots=True)
class Mention:
    """An embedding, by the name of its file as the prompt has it."""

    name: str


def cut(text: str) -> list[str | Mention]:
    """A stretch of a prompt as words and embeddings, in order; the white space before an embedding goes with it.

    An embedding begins the stretch, or stands after a space or a line's end; its name ends at white space, and a comma
    at its end does not belong to it.
    """
    found: list[str | Mention] = []
    for part in BREAK.split(text):
        found += _named(part) if part.startswith(MARK) else [part]
    return [part for part in found if part != ""]


def _named(part: str) -> list[str | Mention]:
    """A part that begins with an embedding: that, and the words after it."""
    first, *words = part.removeprefix(MARK).split() or [""]
    name = first.rstrip(",")
    return [Mention(name), " ".join(filter(None, [first[len(name) :], *words]))] if name else [part]


def mentioned(prompt: str) -> tuple[str, ...]:
    """The names of the embeddings in a prompt with weights, in order, each once."""
    if MARK not in prompt:
        return ()
    every = (part for piece in pieces(prompt) for part in cut(piece.text))
    return tuple(dict.fromkeys(part.name for part in every if isinstance(part, Mention)))


def worded(text: str) -> str:
    """A stretch of a prompt without its embeddings, for encoders that have none."""
    return " ".join(part for part in cut(text) if isinstance(part, str)) if MARK in text else text
