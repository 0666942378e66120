"""A style model at work: FLUX.1 Redux, which turns what SigLIP sees into words that FLUX listens to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from calotype.diffusion.network import OneNetwork
from calotype.errors import FamilyMismatch
from calotype.types import ImageFeatures


class StyleEncoder(OneNetwork):
    """A style model on its device. Responsibilities: features of pictures to words of a text encoder's width."""

    def __init__(self, family: str, module: Any, device: torch.device, dtype: torch.dtype) -> None:
        """module: diffusers' ReduxImageEncoder."""
        self.family = family
        self.module = module
        self.device = device
        self.dtype = dtype

    def calls(self) -> Iterator[tuple[Any, str]]:
        """What computes with them: objects and names of their methods."""
        yield self, "_words"

    @torch.no_grad()
    def words(self, features: ImageFeatures) -> Tensor:
        """(1, B N, D): those of all pictures in a row. Raises FamilyMismatch for what another encoder saw."""
        wanted, given = self.module.redux_up.in_features, features.tokens.shape[-1]
        if wanted != given:
            raise FamilyMismatch(
                f"the style model reads {wanted} features, the image encoder gives {given}. Use SigLIP for it."
            )
        return self._words(features.tokens).flatten(0, 1)[None]

    def _words(self, tokens: Tensor) -> Tensor:
        found: Tensor = self.module(tokens.to(self.device, self.dtype)).image_embeds
        return found.float().cpu()
