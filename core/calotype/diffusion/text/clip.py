"""One CLIP text encoder: transformers' text model, and the projection beside it."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from calotype.diffusion.families.base import Encoded, TextFacts
from calotype.diffusion.header import Header
from calotype.diffusion.layouts.take import Takes
from calotype.diffusion.text.tokens import END, Chunk, chunked, empty, grouped
from calotype.diffusion.text.weights import pieces, weighted

STAND_IN = 0  # a token in whose place a vector goes
HEAD = 64  # channels of an attention head, in every CLIP


class ClipText(nn.Module):
    """A CLIP text encoder whose sizes come from its tensors.

    Responsibilities: tokens, chunks of long prompts, weights; hidden states of any layer, and the pooled state at the
    end token.
    """

    def __init__(self, shapes: Takes, facts: TextFacts) -> None:
        super().__init__()
        from transformers.models.clip.configuration_clip import CLIPTextConfig
        from transformers.models.clip.modeling_clip import CLIPTextModel

        self.facts = facts
        self._projects, self._cut = facts.projected is True, False
        self.text = CLIPTextModel(CLIPTextConfig(**config(shapes, facts)))
        projection = shapes.get("text_projection.weight")
        self._learnt = threading.local()
        self._embeddings.token_embedding.register_forward_hook(self._placed)
        self.text_projection = nn.Linear(projection.shape[1], projection.shape[0], bias=False) if projection else None

    @property
    def layers(self) -> int:
        """How many layers there are."""
        return int(self.text.config.num_hidden_layers)

    @property
    def width(self) -> int:
        """How many features a token has."""
        return int(self.text.config.hidden_size)

    def finish(self, header: Header, prefix: str, device: torch.device) -> None:
        """Fill the positions, which no file holds; see `TextModel`."""
        self._projects = self.facts.projected is True or (self.facts.projected == "folder" and prefix.endswith("/"))
        self._cut = bool(self.facts.cut) and (prefix.endswith("/") or self.layers == self.facts.cut)
        for inner in self.modules():
            ids = getattr(inner, "position_ids", None)
            if ids is not None:
                inner.position_ids = torch.arange(ids.shape[-1], device=device)[None]

    def encoded(
        self, text: str, device: torch.device, skip: int | None, vectors: Mapping[str, Tensor] | None = None
    ) -> Encoded:
        """Chunks of 77 tokens, in a row; the pooled state of the first. See `TextModel`.

        vectors: of the embeddings that the prompt names, (n, D) each.
        """
        chunks = chunked(grouped(pieces(text), vectors), self.facts.pad)
        plain = all(weight == 1.0 for chunk in chunks for _, weight in chunk)
        states, pooled = self._states(chunks if plain else [*chunks, empty(self.facts.pad)], device, skip)
        if not plain:
            states = weighted(states[:-1], states[-1:], chunks)
        return Encoded(states.reshape(1, -1, states.shape[-1]), pooled[:1])

    def _states(self, chunks: Sequence[Chunk], device: torch.device, skip: int | None) -> tuple[Tensor, Tensor]:
        rows = [[STAND_IN if isinstance(token, Tensor) else token for token, _ in chunk] for chunk in chunks]
        tokens = ((row, column, one) for row, chunk in enumerate(chunks) for column, (one, _) in enumerate(chunk))
        self._learnt.places = [place for place in tokens if isinstance(place[2], Tensor)]
        wanted = self.facts.layer if skip is None else skip
        wanted = min(wanted + 1, -1) if self._cut else wanted
        try:
            states, pooled = self(torch.tensor(rows, device=device), wanted if 1 <= -wanted <= self.layers else -1)
        finally:
            self._learnt.places = []
        return states.float().cpu(), pooled.float().cpu()

    def _placed(self, layer: nn.Module, given: Any, states: Tensor) -> Tensor:
        """The vectors of a vocabulary, with those that were learnt in their places in this thread's prompt."""
        for row, column, vector in getattr(self._learnt, "places", ()):
            states[row, column] = vector.to(states)
        return states

    @property
    def _embeddings(self) -> Any:
        return getattr(self.text, "text_model", self.text).embeddings

    def forward(self, ids: Tensor, layer: int) -> tuple[Tensor, Tensor]:
        """ids: (B, T). Returns the hidden states of `layer`, -1 the last: (B, T, D); and the pooled state: (B, P)."""
        said = self.text(input_ids=ids, output_hidden_states=True)
        hidden = said.last_hidden_state
        ends = (ids == END).int().argmax(dim=-1)
        pooled = hidden[torch.arange(len(ids), device=ids.device), ends]
        if self.text_projection is not None and self._projects:
            pooled = self.text_projection(pooled)
        if layer != -1 or not self.facts.normed:
            hidden = said.hidden_states[layer]
            hidden = self._norm(hidden) if self.facts.normed else hidden
        return hidden, pooled

    def _norm(self, hidden: Tensor) -> Tensor:
        return getattr(self.text, "text_model", self.text).final_layer_norm(hidden)

    def named(self, name: str) -> str:
        """What a name of `layouts.clip` is in this module; it differs between transformers' versions."""
        before = "" if name == "text_projection.weight" else "text."
        return f"{before}text_model.{name}" if before and hasattr(self.text, "text_model") else before + name


def config(shapes: Takes, facts: TextFacts) -> dict[str, Any]:
    """The arguments of transformers' CLIPTextConfig that the shapes of a text encoder tell."""
    vocabulary, width = shapes["embeddings.token_embedding.weight"].shape
    layers = {name.split(".")[2] for name in shapes if name.startswith("encoder.layers.")}
    return {
        "vocab_size": vocabulary,
        "hidden_size": width,
        "intermediate_size": shapes["encoder.layers.0.mlp.fc1.weight"].shape[0],
        "num_hidden_layers": len(layers),
        "num_attention_heads": max(1, width // HEAD),
        "max_position_embeddings": shapes["embeddings.position_embedding.weight"].shape[0],
        "hidden_act": facts.activation,
        "eos_token_id": END,
        "attn_implementation": "sdpa",
    }
