"""Qwen's byte-pair tokens: those of Qwen 2, 2.5 and 3, text and vision alike. No torch."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path
from typing import Any

MERGES = Path(__file__).parents[2] / "assets" / "qwen" / "merges.txt.gz"
WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SPECIAL = (
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>", "<|box_start|>",
    "<|box_end|>", "<|quad_start|>", "<|quad_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>",
    "<|image_pad|>", "<|video_pad|>", "<tool_call>", "</tool_call>", "<|fim_prefix|>", "<|fim_middle|>",
    "<|fim_suffix|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>", "<tool_response>", "</tool_response>",
    "<think>", "</think>",
)  # fmt: skip
"""The tokens after the vocabulary, in order of their ids, from 151643."""

PAD, VISION_START, IMAGE_PAD = 151643, 151652, 151655


def token_ids(text: str) -> list[int]:
    """Qwen's token ids of a text; the special tokens in it count as what they are."""
    return list(_tokenizer().encode(text, add_special_tokens=False).ids)


@cache
def _tokenizer() -> Any:
    """The tokeniser, from its merges: line k joins two earlier tokens into token 256 + k."""
    from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers

    words = _byte_letters()
    merges = []
    for line in gzip.decompress(MERGES.read_bytes()).decode().splitlines():
        first, second = (words[int(number)] for number in line.split())
        merges.append((first, second))
        words.append(first + second)
    model = models.BPE(vocab={word: i for i, word in enumerate(words)}, merges=merges, fuse_unk=False)
    made = Tokenizer(model)
    made.normalizer = normalizers.NFC()
    split = pre_tokenizers.Split(Regex(WORDS), behavior="isolated")
    bytes_seen = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    made.pre_tokenizer = pre_tokenizers.Sequence([split, bytes_seen])
    made.add_special_tokens([AddedToken(word, normalized=False, special=True) for word in SPECIAL])
    return made


def _byte_letters() -> list[str]:
    """A visible character for each byte, in the order of the vocabulary: printable bytes first, as themselves."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [b for b in range(256) if b not in printable]
    return [chr(b) for b in printable] + [chr(256 + i) for i, _ in enumerate(hidden)]
