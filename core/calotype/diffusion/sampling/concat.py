"""What inpainting and editing models read beside the latent: a mask, and the latent of a picture.

A prompt says it with the tensors `concat_latent` (B, C, h, w), in the VAE's units, and `concat_mask` (B or 1, H, W), 1
where the picture is to be made anew. Here they become `concat`, in the model's units and of the latents' size.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from calotype.diffusion.latents import LatentFormat
from calotype.diffusion.sampling.regions import repeated
from calotype.types import Conditioning

GREY = (0.8223, -0.6876, 0.6364, 0.1380)
"""The latent of a mid-grey picture in the units of SD models: what lies under the mask when nothing is said."""


def with_concat(
    conditioning: Conditioning, channels: int, latent: LatentFormat, clean: Tensor, mask: Tensor | None
) -> Conditioning:
    """The conditioning with `concat` in every prompt, for a model that reads `channels` channels.

    channels: 2 C + 1 (mask, then picture: inpainting) or 2 C (picture: editing); C changes nothing: transformers see to
    what they read themselves. clean: the latents to denoise, in the model's units (B, C, h, w); mask: their noise mask.
    """
    own = clean.shape[1]
    if channels not in (2 * own, 2 * own + 1):
        return conditioning
    prompts = tuple(
        replace(p, tensors=_rest(p.tensors) | {"concat": _concat(p.tensors, channels > 2 * own, latent, clean, mask)})
        for p in conditioning.prompts
    )
    return replace(conditioning, prompts=prompts)


def _rest(said: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor for name, tensor in said.items() if name not in ("concat_latent", "concat_mask")}


def _concat(
    said: Mapping[str, Tensor], inpaints: bool, latent: LatentFormat, clean: Tensor, mask: Tensor | None
) -> Tensor:
    if "concat" in said:
        return said["concat"]
    picture = said.get("concat_latent")
    if not inpaints:
        return torch.zeros_like(clean) if picture is None else _fitted(picture, clean)
    mask = said.get("concat_mask", mask)
    if mask is None:
        grey = torch.tensor(GREY[: clean.shape[1]], device=clean.device)[:, None, None]
        return torch.cat([torch.ones_like(clean[:, :1]), grey.expand_as(clean)], dim=1)
    flat = _fitted(mask.reshape(-1, 1, *mask.shape[-2:]).float(), clean).round()
    return torch.cat([flat, clean if picture is None else _fitted(latent.into_model(picture), clean)], dim=1)


def _fitted(x: Tensor, clean: Tensor) -> Tensor:
    """x (N, C, H, W) with the batch and the size of `clean`."""
    x = x.to(clean.device, clean.dtype)
    if x.shape[-2:] != clean.shape[-2:]:
        x = torch.nn.functional.interpolate(x, size=clean.shape[-2:], mode="bilinear")
    return repeated(x, clean.shape[0])
