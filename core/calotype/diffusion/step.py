"""One evaluation of a denoiser, as the function of a family sees it. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from calotype.diffusion.latents import LatentFormat


@dataclass(frozen=True, eq=False, slots=True)
class Step:
    """What a family's network computes from; every tensor is on the module's device.

    family: its name; module: the network. x: (B, C, h, w) or (B, C, T, h, w), scaled by c_in; timestep: (B,), as the
    family's flow counts it; tokens: (B, N, D); pooled: (B, P) or None; all but the timestep in the type of computation.
    residuals: what ControlNets add (`residuals.BlockResiduals`), or None. options: numbers and tensors of the
    prompt by name ("guidance", "concat_latent", ...), the tensors as they were said: cast and move what you use.
    latent: the units of the family's latents.
    """

    family: str
    module: Any
    x: Tensor
    timestep: Tensor
    tokens: Tensor
    pooled: Tensor | None
    residuals: Any
    options: Mapping[str, Any]
    latent: LatentFormat

    @property
    def device(self) -> torch.device:
        """Where it is computed."""
        return self.x.device

    @property
    def dtype(self) -> torch.dtype:
        """The type of computation."""
        return self.x.dtype
