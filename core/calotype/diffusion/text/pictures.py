"""Prompts about pictures: what a text encoder that can see says of both, and the latents of what is edited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from torch import Tensor

from calotype.diffusion.families import title_of
from calotype.diffusion.references import REFERENCE
from calotype.diffusion.text.encoder import TextEncoder
from calotype.diffusion.text.qwen_vl import QwenVLText
from calotype.errors import ModelError
from calotype.types import Prompt


def encode_pictures(
    encoder: TextEncoder,
    text: str,
    pictures: Sequence[Tensor],
    references: Sequence[Tensor] = (),
    numbered: bool = False,
) -> Prompt:
    """A prompt about pictures. Raises ModelError for a text encoder that cannot see.

    pictures: (H, W, 3) each, in 0..1, as the text encoder looks at them; references: their latents (1, C, h, w), in
    the VAE's units, for the denoiser; numbered: whether the prompt may speak of "Picture 1", "Picture 2".
    """
    eyes = encoder.encoders[0] if len(encoder.encoders) == 1 else None
    if not isinstance(eyes, QwenVLText):
        raise ModelError(
            f"the text encoder of {title_of(encoder.family)} cannot look at pictures; that of Qwen-Image can."
        )
    return with_references(Prompt(eyes.seen(text, pictures, encoder.device, numbered).tokens), references)


def with_references(prompt: Prompt, references: Sequence[Tensor]) -> Prompt:
    """A prompt with the latents of further pictures that are edited, behind those that it has."""
    first = sum(name.startswith(REFERENCE) for name in prompt.tensors)
    more = {f"{REFERENCE}{first + i}": one for i, one in enumerate(references)}
    return replace(prompt, tensors={**prompt.tensors, **more})
