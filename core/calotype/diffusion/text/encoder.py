"""From a prompt to what guides a denoiser."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from calotype.diffusion.text.clip import ClipText
from calotype.diffusion.text.tokens import Chunk, chunked, empty, grouped
from calotype.diffusion.text.weights import pieces
from calotype.types import Prompt


class TextEncoder:
    """The text encoder or encoders of a checkpoint.

    Responsibilities: tokens, chunks of long prompts, weights, clip skip; one `Prompt` from one text. Features of
    several encoders stand side by side; the pooled state is that of the last.

    clip_skip: the layer whose states are taken, -1 the last; None for the family's own choice.
    """

    def __init__(
        self, family: str, encoders: Sequence[ClipText], device: torch.device, clip_skip: int | None = None
    ) -> None:
        self.family = family
        self.encoders = tuple(encoders)
        self.device = device
        self.clip_skip = clip_skip

    def tensors(self) -> Iterator[Tensor]:
        """Every tensor that it holds."""
        for encoder in self.encoders:
            yield from encoder.parameters()
            yield from encoder.buffers()

    @torch.no_grad()
    def encode(self, text: str | Sequence[str]) -> Prompt:
        """A prompt, or one for each encoder, with weights in parentheses. tokens: (1, 77 k, D) float32 on the CPU."""
        texts = [text] * len(self.encoders) if isinstance(text, str) else list(text)
        encoded = [self._encode(encoder, one) for encoder, one in zip(self.encoders, texts, strict=True)]
        length = min(tokens.shape[1] for tokens, _ in encoded)
        tokens = torch.cat([tokens[:, :length] for tokens, _ in encoded], dim=-1)
        return Prompt(tokens, encoded[-1][1].clone())

    def _encode(self, encoder: ClipText, text: str) -> tuple[Tensor, Tensor]:
        pad = encoder.facts.pad
        chunks = chunked(grouped(pieces(text)), pad)
        plain = all(weight == 1.0 for chunk in chunks for _, weight in chunk)
        states, pooled = self._states(encoder, chunks if plain else [*chunks, empty(pad)])
        if not plain:
            states = weighted(states[:-1], states[-1:], chunks)
        return states.reshape(1, -1, states.shape[-1]), pooled[:1]

    def _states(self, encoder: ClipText, chunks: Sequence[Chunk]) -> tuple[Tensor, Tensor]:
        ids = torch.tensor([[token for token, _ in chunk] for chunk in chunks], device=self.device)
        skip = self.clip_skip if self.clip_skip is not None else encoder.facts.layer
        layer = skip if 1 <= -skip <= encoder.layers else -1
        states, pooled = encoder(ids, layer)
        return states.float().cpu(), pooled.float().cpu()


def weighted(states: Tensor, nothing: Tensor, chunks: Sequence[Chunk]) -> Tensor:
    """States moved away from those of the empty prompt, or towards them, by each token's weight.

    states: (K, 77, D); nothing: (1, 77, D). ComfyUI's meaning: z' = (z - z_empty) w + z_empty.
    """
    weights = torch.tensor([[weight for _, weight in chunk] for chunk in chunks], dtype=states.dtype)[..., None]
    return torch.where(weights == 1.0, states, (states - nothing) * weights + nothing)
