"""SentencePiece's unigram tokens, from the files that models bring with them. Kudo 2018. No torch."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from calotype.errors import ModelError

CONTROL, UNKNOWN, USER = 3, 2, 4  # types of pieces in a SentencePiece model
SPACE = "▁"  # stands for a space, and before a first word


@dataclass(frozen=True, slots=True)
class Unigram:
    """A vocabulary. end: the token behind every text; pad: what fills up."""

    tokenizer: Any
    end: int = 1
    pad: int = 0

    def ids(self, text: str) -> list[int]:
        """The tokens of a text, without its end."""
        return list(self.tokenizer.encode(text, add_special_tokens=False).ids)


def from_json(text: bytes, where: str) -> Unigram:
    """From a `tokenizer.json`. where: named in messages. Raises ModelError."""
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_str(text.decode())
    except Exception as error:  # tokenizers raises no narrower one
        raise ModelError(f"{where} is not a tokenizer.json that can be read: {error}") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return _with_ends(tokenizer)


def from_sentencepiece(data: bytes, where: str) -> Unigram:
    """From a SentencePiece model (`spiece.model`). where: named in messages. Raises ModelError."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

    try:
        pieces, kinds, charsmap = read_model(data)
    except (IndexError, ValueError, UnicodeDecodeError) as error:
        raise ModelError(f"{where} is not a SentencePiece model: {error}") from error
    unknown = next((i for i, kind in enumerate(kinds) if kind == UNKNOWN), 0)
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=unknown, byte_fallback=False))
    rules: list[Any] = [normalizers.Precompiled(charsmap)] if charsmap else []
    tokenizer.normalizer = normalizers.Sequence([*rules, normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement=SPACE, prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement=SPACE, prepend_scheme="always")
    special = [pieces[i][0] for i, kind in enumerate(kinds) if kind in (CONTROL, USER, UNKNOWN)]
    tokenizer.add_special_tokens([AddedToken(piece, special=True, normalized=False) for piece in special])
    return _with_ends(tokenizer)


def _with_ends(tokenizer: Any) -> Unigram:
    end, pad = tokenizer.token_to_id("</s>"), tokenizer.token_to_id("<pad>")
    return Unigram(tokenizer, 1 if end is None else end, 0 if pad is None else pad)


def read_model(data: bytes) -> tuple[list[tuple[str, float]], list[int], bytes]:
    """The pieces with their scores, the pieces' types, and the normaliser's table of a SentencePiece model.

    Reads of the protocol buffer what is needed: pieces (field 1: text 1, score 2, type 3), normaliser (field 3: 2).
    Raises ValueError, IndexError for other data.
    """
    pieces: list[tuple[str, float]] = []
    kinds: list[int] = []
    charsmap = b""
    for number, value in _fields(data):
        if number == 1 and isinstance(value, bytes):
            said = dict(_fields(value))
            text, score = said.get(1, b""), said.get(2, b"\0\0\0\0")
            if not isinstance(text, bytes) or not isinstance(score, bytes):
                raise ValueError("a piece of an unknown form")
            pieces.append((text.decode(), struct.unpack("<f", score)[0]))
            kinds.append(int(said.get(3, 1)) if not isinstance(said.get(3, 1), bytes) else 1)
        elif number == 3 and isinstance(value, bytes):
            table = dict(_fields(value)).get(2, b"")
            charsmap = table if isinstance(table, bytes) else b""
    if not pieces:
        raise ValueError("it has no pieces")
    return pieces, kinds, charsmap


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a protocol buffer message: number and value, numbers of fixed size as their bytes."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield number, value
            continue
        if wire == 2:
            length, at = _varint(data, at)
        elif wire in (1, 5):
            length = 8 if wire == 1 else 4
        else:
            raise ValueError(f"field {number} has the unknown wire type {wire}")
        if at + length > len(data):
            raise ValueError("it is cut off")
        yield number, data[at : at + length]
        at += length


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
        if shift > 63:
            raise ValueError("a number is too long")
