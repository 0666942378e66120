"""The latents of pictures that a model edits, as prompts carry them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calotype.diffusion.step import Step

if TYPE_CHECKING:
    from torch import Tensor

REFERENCE = "reference."
"""How the tensors of a prompt are called that hold the latents of pictures to edit: `reference.0`, `reference.1`."""


def references(step: Step) -> list[Tensor]:
    """The latents of the pictures that are edited, (B, C, h, w), in the model's units and in order; often none."""
    names = sorted((n for n in step.options if n.startswith(REFERENCE)), key=lambda n: int(n.removeprefix(REFERENCE)))
    found = [flat(step.options[name].to(step.device)) for name in names]
    return [step.latent.into_model(one).to(step.dtype) for one in found]


def flat(x: Tensor) -> Tensor:
    """Latents (B, C, h, w), also of a video of one frame (B, C, 1, h, w)."""
    return x[:, :, 0] if x.ndim == 5 else x
