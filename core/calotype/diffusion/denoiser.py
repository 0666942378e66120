"""Denoisers: what a sampler calls at every step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from calotype.diffusion.control import ControlResiduals
from calotype.diffusion.latents import LatentFormat
from calotype.diffusion.sizes import added
from calotype.types import Patch

if TYPE_CHECKING:
    from calotype.diffusion.sampling.parameterization import ModelSampling


class Denoiser:
    """A U-Net on its device.

    Responsibilities: the raw output of the network for a batch; what the family adds to a prompt (size conditioning).
    Knows its parameterisation (`sampling`) and its latents' units (`latent`), and leaves the arithmetic of both to
    callers.

    patches: those of its recipe; samplers apply what is not in its weights.
    """

    patches: tuple[Patch, ...] = ()

    def __init__(
        self,
        family: str,
        module: nn.Module,
        sampling: ModelSampling,
        latent: LatentFormat,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        self.family = family
        self.module: Any = module
        self.sampling = sampling
        self.latent = latent
        self.device = device
        self.dtype = dtype

    def tensors(self) -> Iterator[Tensor]:
        """Every tensor that it holds."""
        yield from self.module.parameters()
        yield from self.module.buffers()

    @property
    def in_channels(self) -> int:
        """Channels that the network reads: those of the latent, and what is concatenated to them."""
        return int(self.module.config.in_channels)

    def predict(
        self,
        x: Tensor,
        timestep: Tensor,
        tokens: Tensor,
        *,
        pooled: Tensor | None = None,
        residuals: ControlResiduals | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> Tensor:
        """The raw output of the network, float32, of x's shape on its device.

        x: (B, C, h, w) already scaled by c_in; timestep: (B,); tokens: (B, T, D); pooled: (B, P).
        options: `width`, `height`, `crop_w`, `crop_h`, `target_width`, `target_height`, `aesthetic_score` (numbers, or
        one each) for families conditioned on sizes; `concat`: (B, C', h, w) beside the latent, for inpainting models.
        """
        options = options or {}
        concat = options.get("concat")
        whole = x if concat is None else torch.cat([x, concat.to(x)], dim=1)
        down, middle = self._steering(residuals)
        raw = self.module(
            whole.to(self.device, self.dtype),
            timestep.to(self.device),
            tokens.to(self.device, self.dtype),
            added_cond_kwargs=added(self, x, pooled, options),
            down_block_additional_residuals=down,
            mid_block_additional_residual=middle,
            return_dict=False,
        )[0]
        return raw.to(x.device, torch.float32)

    def _steering(self, residuals: ControlResiduals | None) -> tuple[tuple[Tensor, ...] | None, Tensor | None]:
        if residuals is None:
            return None, None
        down = tuple(r.to(self.device, self.dtype) for r in residuals.down)
        return down, residuals.middle.to(self.device, self.dtype)
