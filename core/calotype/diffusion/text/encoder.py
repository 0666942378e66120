"""From a prompt to what guides a denoiser."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from calotype.diffusion.families.base import Encoded, side_by_side
from calotype.diffusion.text.model import TextModel
from calotype.types import Prompt


class TextEncoder:
    """The text encoder or encoders of a family.

    Responsibilities: one `Prompt` from one text, or from one for each encoder; clip skip.

    encoders: in the family's order, None for one that is missing; clip_skip: the layer whose states are taken, -1 the
    last, None for the family's own choice; join: what the encoders say together.
    """

    def __init__(
        self,
        family: str,
        encoders: Sequence[TextModel | None],
        device: torch.device,
        clip_skip: int | None = None,
        join: Callable[[Sequence[Encoded | None]], Prompt] = side_by_side,
    ) -> None:
        self.family = family
        self.encoders = tuple(encoders)
        self.device = device
        self.clip_skip = clip_skip
        self._join = join

    def tensors(self) -> Iterator[Tensor]:
        """Every tensor that it holds."""
        for encoder in self.encoders:
            if encoder is not None:
                yield from encoder.parameters()
                yield from encoder.buffers()

    @torch.no_grad()
    def encode(self, text: str | Sequence[str]) -> Prompt:
        """A prompt, or one for each encoder, with weights in parentheses. tokens: (1, N, D) float32 on the CPU."""
        texts = [text] * len(self.encoders) if isinstance(text, str) else list(text)
        pairs = zip(self.encoders, texts, strict=True)
        return self.joined([one.encoded(said, self.device, self.clip_skip) if one else None for one, said in pairs])

    def joined(self, encoded: Sequence[Encoded | None]) -> Prompt:
        """What the encoders say, together, as the family puts it."""
        return self._join(encoded)
