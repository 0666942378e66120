from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calotype.diffusion.text.mentions import Mention, cut, mentioned


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a cat", ["a cat"]),
        ("embedding:ink", [Mention("ink")]),
        ("a cat, embedding:ink, on paper", ["a cat,", Mention("ink"), ", on paper"]),
        ("a\nembedding:ink  by  hand", ["a", Mention("ink"), "by hand"]),
        ("embedding:a embedding:b/c.safetensors", [Mention("a"), Mention("b/c.safetensors")]),
        ("an embedding of words", ["an embedding of words"]),
        ("one,embedding:ink", ["one,embedding:ink"]),  # as there: only after a space, a line's end, or nothing
        ("embedding:", ["embedding:"]),
    ],
)
def test_a_stretch_of_a_prompt_is_cut_at_its_embeddings(text, parts):
    assert cut(text) == parts


def test_embeddings_are_found_inside_weights_and_each_once():
    assert mentioned("(embedding:ink:1.3) and ((a embedding:chalk)) embedding:ink") == ("ink", "chalk")
    assert mentioned(r"\(embedding:ink\)") == ()


@given(st.text(alphabet="ab ,\n:()embedding", max_size=60))
def test_no_letter_of_a_prompt_is_lost(text):
    letters = lambda s: [c for c in s if not c.isspace()]  # noqa: E731
    back = "".join(part if isinstance(part, str) else f"embedding:{part.name}" for part in cut(text))
    assert letters(back) == letters(text)
