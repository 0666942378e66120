"""A text of its own for each encoder of a family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import torch

from calotype.diffusion.families import title_of
from calotype.diffusion.families.base import Encoded
from calotype.diffusion.text.encoder import TextEncoder
from calotype.errors import ModelError
from calotype.types import Prompt

if TYPE_CHECKING:
    from calotype.diffusion.text.embeddings import Embedding


@torch.no_grad()
def encode_each(
    encoder: TextEncoder, texts: Sequence[str], beside: int = 2, embeddings: Mapping[str, Embedding] | None = None
) -> Prompt:
    """A prompt from one text for each encoder. embeddings: those that the texts name.

    beside: how many of the first encoders stand beside each other; the shorter text is filled up with empty chunks, so
    that nothing is cut off the longer. Raises ModelError where the family has another number of encoders.
    """
    if len(texts) != len(encoder.encoders):
        has = len(encoder.encoders)
        raise ModelError(f"{title_of(encoder.family)} has {has} text encoder{'s' * (has != 1)}, not {len(texts)}.")
    said = encoder.each(texts, embeddings or {})
    longest = max((e.tokens.shape[1] for e in said[:beside] if e is not None), default=0)
    for i, (one, encoded) in enumerate(zip(encoder.encoders[:beside], said[:beside], strict=True)):
        if one is not None and encoded is not None and encoded.tokens.shape[1] < longest:
            empty = one.encoded("", encoder.device, encoder.clip_skip).tokens
            count = -(-(longest - encoded.tokens.shape[1]) // empty.shape[1])
            said[i] = Encoded(torch.cat([encoded.tokens, *[empty] * count], dim=1)[:, :longest], encoded.pooled)
    return encoder.joined(said)
