"""CLIP's byte-pair tokens, and how a long prompt is laid out in chunks of 77. No torch."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.diffusion.text.mentions import MARK, cut
from calotype.diffusion.text.weights import Piece

if TYPE_CHECKING:
    from torch import Tensor

MERGES = Path(__file__).parents[2] / "assets" / "clip" / "merges.txt.gz"
START, END = 49406, 49407
CHUNK = 77  # tokens a text encoder sees at once, its first and last included
KEPT_TOGETHER = 8  # tokens; a shorter piece is not broken across chunks
WORDS = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"

Chunk = tuple[tuple[Any, float], ...]
"""Tokens with their weights: numbers of the vocabulary, or vectors (D,) that were learnt."""


@dataclass(frozen=True, slots=True)
class Group:
    """The tokens of one piece of a prompt and their weight."""

    tokens: tuple[Any, ...]
    weight: float = 1.0


def grouped(parts: Iterable[Piece], vectors: Mapping[str, Tensor] | None = None) -> list[Group]:
    """The tokens of each piece, without start and end. vectors: of the embeddings that are named, (n, D) each.

    A name that is not among them is words like others.
    """
    found = (Group(tokens, part.weight) for part in parts for tokens in _tokens(part.text, vectors or {}))
    return [group for group in found if group.tokens]


def _tokens(text: str, vectors: Mapping[str, Tensor]) -> Iterator[tuple[Any, ...]]:
    """The tokens of a stretch of words, group by group: an embedding is a group by itself."""
    if not vectors:
        yield tuple(token_ids(text))
        return
    for part in cut(text):
        if isinstance(part, str):
            yield tuple(token_ids(part))
        elif part.name in vectors:
            yield tuple(vectors[part.name])
        else:
            yield tuple(token_ids(f"{MARK}{part.name}"))


def token_ids(text: str) -> list[int]:
    """CLIP's token ids of a text, without start and end."""
    return list(_tokenizer().encode(text, add_special_tokens=False).ids)


def chunked(groups: Sequence[Group], pad: int = END, length: int = CHUNK) -> list[Chunk]:
    """Tokens laid out in chunks of `length`: start, tokens, end, padding.

    A piece that does not fit any more begins a new chunk; one of eight tokens or more is broken and fills the rest.
    At least one chunk.
    """
    chunks, current = [], [(START, 1.0)]
    for group in groups:
        rest = [(token, group.weight) for token in group.tokens]
        breakable = len(rest) >= KEPT_TOGETHER
        while len(rest) + len(current) > length - 1:
            room = length - 1 - len(current) if breakable else 0
            chunks.append(_closed([*current, *rest[:room]], pad, length))
            rest, current = rest[room:], [(START, 1.0)]
        current += rest
    return [*chunks, _closed(current, pad, length)]


def empty(pad: int = END, length: int = CHUNK) -> Chunk:
    """The chunk of the empty prompt."""
    return _closed([(START, 1.0)], pad, length)


def _closed(tokens: list[tuple[int, float]], pad: int, length: int) -> Chunk:
    return (*tokens, (END, 1.0), *[(pad, 1.0)] * (length - 1 - len(tokens)))


@cache
def _tokenizer() -> Any:
    """CLIP's tokeniser, from its merges alone: the vocabulary follows from them."""
    from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers

    lines = gzip.decompress(MERGES.read_bytes()).decode().splitlines()[1:]
    merges = [(first, second) for first, second in (line.split() for line in lines)]
    letters = _byte_letters()
    words = [
        *letters,
        *(c + "</w>" for c in letters),
        *("".join(m) for m in merges),
        "<|startoftext|>",
        "<|endoftext|>",
    ]
    model = models.BPE(
        vocab={word: i for i, word in enumerate(words)},
        merges=merges,
        unk_token="<|endoftext|>",
        continuing_subword_prefix="",
        end_of_word_suffix="</w>",
        fuse_unk=False,
    )
    made = Tokenizer(model)
    spaces = normalizers.Replace(Regex(r"\s+"), " ")
    made.normalizer = normalizers.Sequence([normalizers.NFC(), spaces, normalizers.Lowercase()])
    split = pre_tokenizers.Split(Regex(WORDS), behavior="removed", invert=True)
    made.pre_tokenizer = pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    made.add_special_tokens([AddedToken(t, normalized=True, special=True) for t in words[-2:]])
    return made


def _byte_letters() -> list[str]:
    """A visible character for each byte, in the order of CLIP's vocabulary: printable bytes first, as themselves."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [b for b in range(256) if b not in printable]
    return [chr(b) for b in printable] + [chr(256 + i) for i, _ in enumerate(hidden)]
