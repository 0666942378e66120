"""What the shapes of a language model that encodes prompts do not say. No torch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LanguageFacts:
    """How a family asks a language model.

    template: the conversation around a prompt, "{}" in its place; layers: whose states are its encoding, side by side,
    0 the embedding, -1 the last with its norm; dropped: tokens of the template's beginning that are left out; longest:
    tokens, beyond which a prompt is cut; padded: whether shorter ones are filled up, and what stands there is listened
    to as well; picture: the template for a prompt with pictures, "{}" for them and for the prompt.
    """

    template: str
    layers: tuple[int, ...] = (-1,)
    dropped: int = 0
    longest: int = 512
    padded: bool = False
    picture: str = ""
    picture_dropped: int = 0


CHAT = "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n"
"""A prompt as a person's turn, before the model's own."""

UNTHINKING = CHAT + "<think>\n\n</think>\n\n"
"""The same, with a model that shall answer without thinking aloud."""
