"""One T5 text encoder: transformers' encoder stack. Raffel et al. 2020."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from calotype.diffusion.families.base import Encoded, T5Facts
from calotype.diffusion.header import Header
from calotype.diffusion.layouts.take import Takes, count
from calotype.diffusion.text.mentions import worded
from calotype.diffusion.text.unigram import Unigram
from calotype.diffusion.text.vocabulary import found
from calotype.diffusion.text.weights import pieces, weighted

Row = list[tuple[int, float]]


class T5Text(nn.Module):
    """A T5 encoder whose sizes come from its tensors.

    Responsibilities: tokens, weights, states of the last layer. Prompts of any length: positions are relative.
    """

    def __init__(self, shapes: Takes, facts: T5Facts) -> None:
        super().__init__()
        from transformers.models.t5.configuration_t5 import T5Config
        from transformers.models.t5.modeling_t5 import T5Stack

        self.facts = facts
        self.text = T5Stack(T5Config(**config(shapes)))
        self._words: Unigram | None = None

    @property
    def width(self) -> int:
        """How many features a token has."""
        return int(self.text.config.d_model)

    def named(self, name: str) -> str:
        """See `TextModel`."""
        return f"text.{name}"

    def finish(self, header: Header, prefix: str, device: torch.device) -> None:
        """Take the vocabulary from where the weights are; see `TextModel`. Raises ModelError when there is none."""
        self._words = found(header, prefix)

    def encoded(self, text: str, device: torch.device, skip: int | None) -> Encoded:
        """The states of all tokens, padding included; T5 pools nothing and skips no layers. See `TextModel`."""
        row = self.row(text)
        plain = all(weight == 1.0 for _, weight in row)
        rows = [row] if plain else [row, padded([], self.words, len(row))]
        states = self._states(rows, device)
        return Encoded(states if plain else weighted(states[:1], states[1:], [row]))

    @property
    def words(self) -> Unigram:
        """The vocabulary."""
        assert self._words is not None, "finish() comes first"
        return self._words

    def row(self, text: str) -> Row:
        """The tokens of a prompt with their weights, its end and the padding included."""
        tokens = [(token, piece.weight) for piece in pieces(text) for token in self.words.ids(worded(piece.text))]
        return padded(tokens, self.words, self.facts.length)

    def _states(self, rows: Sequence[Row], device: torch.device) -> Tensor:
        ids = torch.tensor([[token for token, _ in row] for row in rows], device=device)
        states: Tensor = self.text(input_ids=ids).last_hidden_state
        return states.float().cpu()


def padded(tokens: Row, words: Unigram, length: int) -> Row:
    """Tokens with their end, filled up to `length`."""
    whole = [*tokens, (words.end, 1.0)]
    return [*whole, *[(words.pad, 1.0)] * (length - len(whole))]


def config(shapes: Takes) -> dict[str, Any]:
    """The arguments of transformers' T5Config that the shapes of an encoder tell."""
    vocabulary, width = shapes["embed_tokens.weight"].shape
    buckets, heads = shapes["block.0.layer.0.SelfAttention.relative_attention_bias.weight"].shape
    gated = "block.0.layer.1.DenseReluDense.wi_0.weight" in shapes
    inner = shapes[f"block.0.layer.1.DenseReluDense.{'wi_0' if gated else 'wi'}.weight"].shape[0]
    return {
        "vocab_size": vocabulary,
        "d_model": width,
        "d_kv": shapes["block.0.layer.0.SelfAttention.q.weight"].shape[0] // heads,
        "d_ff": inner,
        "num_layers": count(shapes, "block"),
        "num_heads": heads,
        "relative_attention_num_buckets": buckets,
        "feed_forward_proj": "gated-gelu" if gated else "relu",
        "is_encoder_decoder": False,
        "use_cache": False,
    }
