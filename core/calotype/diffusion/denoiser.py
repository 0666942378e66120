"""Denoisers: what a sampler calls at every step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from calotype.diffusion.families import FAMILIES
from calotype.diffusion.latents import LatentFormat
from calotype.diffusion.sizes import SIZES, added, is_sized
from calotype.diffusion.step import Step
from calotype.errors import FamilyMismatch
from calotype.pool.relief import Relief

if TYPE_CHECKING:
    from calotype.diffusion.sampling.hooks import Hooks
    from calotype.diffusion.sampling.parameterization import ModelSampling


class Denoiser:
    """A network on its device.

    Responsibilities: the raw output of the network for a batch; what the family adds to a prompt. Knows its
    parameterisation (`sampling`) and its latents' units (`latent`), and leaves the arithmetic of both to callers.

    dtype: of computation; weights may be stored in a smaller one. forward: the family's function; None for a U-Net.
    listens: features that a word must have, 0 for any. hooks: what its patches do in sampling; None for
    nothing. relief: what helps when memory does not suffice. below: a timestep, and the network that takes the first
    one's place below it; None where one does all.
    """

    hooks: Callable[[], Hooks] | None = None
    listens: int = 0
    relief: Relief | None = None
    below: tuple[float, nn.Module] | None = None

    def __init__(
        self,
        family: str,
        module: nn.Module,
        sampling: ModelSampling,
        latent: LatentFormat,
        device: torch.device,
        dtype: torch.dtype,
        forward: Callable[[Step], Tensor] | None = None,
    ) -> None:
        self.family = family
        self.module: Any = module
        self.sampling = sampling
        self.latent = latent
        self.device = device
        self.dtype = dtype
        self._forward = forward

    def tensors(self) -> Iterator[Tensor]:
        """Every tensor that it holds."""
        for module in self.networks():
            yield from module.parameters()
            yield from module.buffers()

    def networks(self) -> Iterator[nn.Module]:
        """Where its weights are."""
        yield self.module
        if self.below is not None:
            yield self.below[1]

    def _at(self, timestep: Tensor) -> nn.Module:
        """The network for a timestep (B,)."""
        small = self.below is not None and float(timestep.max()) < self.below[0]
        return self.below[1] if small and self.below is not None else self.module

    def calls(self) -> Iterator[tuple[Any, str]]:
        """What computes with them: objects and names of their methods."""
        yield self, "predict"

    @property
    def in_channels(self) -> int:
        """Channels that a U-Net reads: those of the latent, and what is concatenated to them.

        A family with a function of its own sees to what it reads beside the latent; for it, those of the latent.
        """
        return int(self.module.config.in_channels) if self._forward is None else self.latent.channels

    def hears(self, name: str) -> bool:
        """Whether an option or a tensor of a prompt changes what it computes. A family's own function may hear any."""
        if self._forward is not None or name == "concat":
            return True
        return name in SIZES and is_sized(self.module)

    def predict(
        self,
        x: Tensor,
        timestep: Tensor,
        tokens: Tensor,
        *,
        pooled: Tensor | None = None,
        residuals: Any = None,
        options: Mapping[str, Any] | None = None,
    ) -> Tensor:
        """The raw output of the network, float32, of x's shape on its device.

        x: (B, C, h, w) already scaled by c_in; timestep: (B,); tokens: (B, T, D); pooled: (B, P). residuals: a
        `ControlResiduals` for a U-Net, a `BlockResiduals` for a transformer. options, for U-Nets: `width`, `height`,
        `crop_w`, `crop_h`, `target_width`, `target_height`, `aesthetic_score` (numbers, or one each) for families
        conditioned on sizes; `concat`: (B, C', h, w) beside the latent, for inpainting models. For others see their
        families' `forward`. Raises FamilyMismatch for words of another text encoder.
        """
        if self.listens and tokens.shape[-1] != self.listens:
            raise FamilyMismatch(
                f"the {FAMILIES[self.family].title} model listens to words of {self.listens} features, these have "
                f"{tokens.shape[-1]}. Use the text encoder that belongs to it."
            )
        compute = self._forward or unet
        raw = compute(
            Step(
                self.family,
                self._at(timestep),
                x.to(self.device, self.dtype),
                timestep.to(self.device),
                tokens.to(self.device, self.dtype),
                None if pooled is None else pooled.to(self.device, self.dtype),
                residuals,
                options or {},
                self.latent,
            )
        )
        return raw.to(x.device, torch.float32)


def unet(step: Step) -> Tensor:
    """The raw output of a U-Net, of sizes as conditioning where it asks for them."""
    concat = step.options.get("concat")
    whole = step.x if concat is None else torch.cat([step.x, concat.to(step.x)], dim=1)
    down = middle = inner = None
    if step.residuals is not None:
        down = tuple(r.to(step.x) for r in step.residuals.down) or None
        middle = None if step.residuals.middle is None else step.residuals.middle.to(step.x)
        inner = [r.to(step.x) for r in step.residuals.inner] or None
    raw: Tensor = step.module(
        whole,
        step.timestep,
        step.tokens,
        added_cond_kwargs=added(step, step.x, step.pooled, step.options),
        down_block_additional_residuals=down,
        mid_block_additional_residual=middle,
        down_intrablock_additional_residuals=inner,
        return_dict=False,
    )[0]
    return raw
