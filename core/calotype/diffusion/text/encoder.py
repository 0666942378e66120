"""From a prompt to what guides a denoiser."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from calotype.diffusion.families.base import Encoded, side_by_side
from calotype.diffusion.text.clip import ClipText
from calotype.diffusion.text.embeddings import Embedding
from calotype.diffusion.text.model import TextModel
from calotype.pool.relief import Relief
from calotype.types import Prompt


class TextEncoder:
    """The text encoder or encoders of a family.

    Responsibilities: one `Prompt` from one text, or from one for each encoder; clip skip.

    encoders: in the family's order, None for one that is missing; clip_skip: the layer whose states are taken, -1 the
    last, None for the family's own choice; join: what the encoders say together; names: of the encoders' slots.
    """

    relief: Relief | None = None

    def __init__(
        self,
        family: str,
        encoders: Sequence[TextModel | None],
        device: torch.device,
        clip_skip: int | None = None,
        join: Callable[[Sequence[Encoded | None]], Prompt] = side_by_side,
        names: Sequence[str] = (),
    ) -> None:
        self.family = family
        self.encoders = tuple(encoders)
        self.device = device
        self.clip_skip = clip_skip
        self._join = join
        self._names = tuple(names) or ("",) * len(self.encoders)

    def tensors(self) -> Iterator[Tensor]:
        """Every tensor that it holds."""
        for encoder in self.encoders:
            if encoder is not None:
                yield from encoder.parameters()
                yield from encoder.buffers()

    def networks(self) -> Iterator[nn.Module]:
        """Where its weights are."""
        for one in self.encoders:
            if isinstance(one, nn.Module):
                yield one

    def calls(self) -> Iterator[tuple[Any, str]]:
        """What computes with them: objects and names of their methods."""
        yield from ((one, "encoded") for one in self.encoders if one is not None)

    @torch.no_grad()
    def encode(self, text: str | Sequence[str], embeddings: Mapping[str, Embedding] | None = None) -> Prompt:
        """A prompt, or one for each encoder, with weights in parentheses. tokens: (1, N, D) float32 on the CPU.

        embeddings: those that the texts name, by these names; CLIPs read them. Raises ModelError when one does not fit.
        """
        texts = [text] * len(self.encoders) if isinstance(text, str) else list(text)
        return self.joined(self.each(texts, embeddings or {}))

    @torch.no_grad()
    def each(self, texts: Sequence[str], embeddings: Mapping[str, Embedding]) -> list[Encoded | None]:
        """What each encoder says of its text; None of one that is missing."""
        said = zip(self.encoders, texts, self._names, strict=True)
        return [self._said(one, text, name, embeddings) if one else None for one, text, name in said]

    def _said(self, one: TextModel, text: str, name: str, embeddings: Mapping[str, Embedding]) -> Encoded:
        """What one encoder says."""
        if not isinstance(one, ClipText):
            return one.encoded(text, self.device, self.clip_skip)
        vectors = {word: embedding.vectors(name, one.width) for word, embedding in embeddings.items()}
        return one.encoded(text, self.device, self.clip_skip, vectors)

    def joined(self, encoded: Sequence[Encoded | None]) -> Prompt:
        """What the encoders say, together, as the family puts it."""
        return self._join(encoded)
