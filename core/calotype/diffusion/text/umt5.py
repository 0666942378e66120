"""UMT5, the text encoder of Wan: a T5 whose layers each have positions of their own. Chung et al. 2023."""

from __future__ import annotations

import html
import re
from typing import Any

import torch
from torch import Tensor, nn

from calotype.diffusion.families.base import Encoded, T5Facts
from calotype.diffusion.header import Header
from calotype.diffusion.layouts.take import Takes
from calotype.diffusion.text import t5
from calotype.diffusion.text.unigram import Unigram
from calotype.diffusion.text.vocabulary import INSIDE, places, read, stored_bytes
from calotype.diffusion.text.weights import pieces, weighted
from calotype.errors import ModelError


class UMT5Text(nn.Module):
    """A UMT5 encoder whose sizes come from its tensors.

    Responsibilities: tokens, weights, states of the last layer; what stands behind a prompt's end is zero.
    """

    def __init__(self, shapes: Takes, facts: T5Facts) -> None:
        super().__init__()
        from transformers.models.umt5.configuration_umt5 import UMT5Config
        from transformers.models.umt5.modeling_umt5 import UMT5Stack

        self.facts = facts
        self.text = UMT5Stack(UMT5Config(**config(shapes)))
        self._words: Unigram | None = None

    @property
    def width(self) -> int:
        """How many features a token has."""
        return int(self.text.config.d_model)

    def named(self, name: str) -> str:
        """See `TextModel`."""
        return f"text.{name}"

    def finish(self, header: Header, prefix: str, device: torch.device) -> None:
        """Take the vocabulary from the file or from beside it; see `TextModel`. Raises ModelError if there is none."""
        self._words = vocabulary(header, prefix)

    @torch.no_grad()
    def encoded(self, text: str, device: torch.device, skip: int | None) -> Encoded:
        """The states of a prompt's tokens, then zeros. UMT5 pools nothing and skips no layers; see `TextModel`."""
        assert self._words is not None, "finish() comes first"
        words, longest = self._words, self.facts.length
        tokens = [(token, piece.weight) for piece in pieces(cleaned(text)) for token in words.ids(piece.text)]
        row = [*tokens[: longest - 1], (words.end, 1.0)]
        states = self._states([token for token, _ in row], device)
        if any(weight != 1.0 for _, weight in row):
            nothing = [words.end] + [words.pad] * (len(row) - 1)
            states = weighted(states, self._states(nothing, device, seen=1), [row])
        return Encoded(torch.nn.functional.pad(states, (0, 0, 0, longest - len(row))))

    def _states(self, ids: list[int], device: torch.device, seen: int | None = None) -> Tensor:
        """The states of tokens, of which the first `seen` are attended to and the others become zero."""
        mask = torch.zeros(1, len(ids), dtype=torch.long, device=device)
        mask[:, :seen] = 1
        states = self.text(input_ids=torch.tensor([ids], device=device), attention_mask=mask).last_hidden_state
        kept: Tensor = (states * mask[..., None].to(states.dtype)).float().cpu()
        return kept


def cleaned(text: str) -> str:
    """A prompt as Wan was trained on it: entities of HTML as characters, runs of white space as one space."""
    return re.sub(r"\s+", " ", html.unescape(html.unescape(text))).strip()


def vocabulary(header: Header, prefix: str) -> Unigram:
    """The vocabulary of the encoder under a prefix: in its file, or beside it. Raises ModelError when there is none."""
    for name in INSIDE:
        for key in (prefix + name, name):
            if key in header.tensors:
                return read(stored_bytes(header.tensors[key]), f"{header.path.name}: {key}")
    near = places(header.path, prefix)
    for path in near:
        if path.is_file():
            return read(path.read_bytes(), path.name)
    raise ModelError(
        f"{header.path.name} has no vocabulary for its UMT5 text encoder. Put UMT5's tokenizer.json or spiece.model "
        f'into the folder "{near[0].parent.name}", beside {header.path.name}.'
    )


def config(shapes: Takes) -> dict[str, Any]:
    """The arguments of transformers' UMT5Config that the shapes of an encoder tell."""
    return t5.config(shapes) | {"is_encoder_decoder": False, "use_cache": False}
