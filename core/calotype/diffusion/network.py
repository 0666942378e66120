"""What every model that is one network says of its weights, for the pool that holds it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import Tensor, nn


class OneNetwork:
    """A model with one network, `module`."""

    module: Any

    def tensors(self) -> Iterator[Tensor]:
        """Every tensor that it holds."""
        yield from self.module.parameters()
        yield from self.module.buffers()

    def networks(self) -> Iterator[nn.Module]:
        """Where its weights are."""
        yield self.module
