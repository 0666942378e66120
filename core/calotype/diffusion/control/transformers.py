"""ControlNets of transformers: SD 3 and FLUX.1. Their hint is a picture as the VAE encodes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from calotype.diffusion.control.base import Encodes, SteeringModel
from calotype.diffusion.families import FAMILIES
from calotype.diffusion.families.flux import GUIDANCE, places
from calotype.diffusion.patches import evened, packed, widened
from calotype.diffusion.residuals import BlockResiduals
from calotype.errors import ModelError


class LatentControlModel(SteeringModel):
    """A ControlNet whose hint is a latent. Responsibilities: the latent of a hint in the model's units."""

    needs_vae = True

    def latent(self, hint: Tensor, vae: Encodes | None) -> Tensor:
        """hint: (B, 3, 8h, 8w) in 0..1. Returns (B, C, h, w). Raises ModelError without a VAE."""
        if vae is None:
            title = FAMILIES[self.family].title
            raise ModelError(f'a ControlNet for {title} reads its picture through a VAE: link one to its input "vae".')
        return self.once(hint, lambda pixels: self._in_models_units(vae.encode(pixels.movedim(1, -1).float())))

    def _in_models_units(self, samples: Tensor) -> Tensor:
        return FAMILIES[self.family].latent.into_model(samples)


class Sd3ControlModel(LatentControlModel):
    """A ControlNet for SD 3 with text beside the picture, or for SD 3.5 large without.

    Those of SD 3 that were published are told nothing of the pooled text, and their latents are scaled but not shifted;
    a folder's configuration may say otherwise (`force_zeros_for_pooled_projection`). Those of SD 3.5 large see the
    noisy latent as the transformer that they steer embeds it.
    """

    @property
    def needs_denoiser(self) -> bool:  # type: ignore[override]
        """Whether it is one of those of SD 3.5 large."""
        return self.module.pos_embed is None

    @property
    def plain(self) -> bool:
        """Whether it is one of those."""
        return bool(self.facts.get("force_zeros_for_pooled_projection", True))

    def _in_models_units(self, samples: Tensor) -> Tensor:
        latent = FAMILIES[self.family].latent
        return samples * latent.scale if self.plain else latent.into_model(samples)

    @torch.no_grad()
    def residuals(
        self,
        x: Tensor,
        timestep: Tensor,
        tokens: Tensor,
        hint: Tensor,
        *,
        strength: float = 1.0,
        pooled: Tensor | None = None,
        options: Mapping[str, Any] | None = None,
        vae: Any = None,
        denoiser: Any = None,
    ) -> BlockResiduals:
        """x: (B, C, h, w); timestep: (B,); tokens: (B, N, D); hint: (B, 3, 8h, 8w), 0..1; pooled: (B, P)."""
        config = self.module.config
        if pooled is None or self.plain:
            pooled = x.new_zeros(x.shape[0], config.pooled_projection_dim)
        noisy, words = evened(x, config.patch_size).to(self.device, self.dtype), config.joint_attention_dim
        blocks = self.module(
            hidden_states=noisy if denoiser is None else embedded(denoiser.module.pos_embed, noisy),
            controlnet_cond=evened(self.latent(hint, vae), config.patch_size).to(self.device, self.dtype),
            conditioning_scale=strength,
            encoder_hidden_states=widened(tokens, words).to(self.device, self.dtype) if words else None,
            pooled_projections=pooled.to(self.device, self.dtype),
            timestep=timestep.to(self.device),
            return_dict=False,
        )[0]
        return BlockResiduals(tuple(blocks))


def embedded(embedding: Any, x: Tensor) -> Tensor:
    """x through a part of another network, whose weights come to x wherever they are."""
    weights = {n: t.to(x) for n, t in [*embedding.named_parameters(), *embedding.named_buffers()]}
    made: Tensor = torch.func.functional_call(embedding, weights, x)
    return made


class FluxControlModel(LatentControlModel):
    """A ControlNet for FLUX.1, for one kind of hint or for several: `facts["mode"]` says which, nothing for none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """See `SteeringModel`."""
        super().__init__(*args, **kwargs)
        self.module.union = "mode" in self.facts  # diffusers asks the module whether to put a kind before the words

    @torch.no_grad()
    def residuals(
        self,
        x: Tensor,
        timestep: Tensor,
        tokens: Tensor,
        hint: Tensor,
        *,
        strength: float = 1.0,
        pooled: Tensor | None = None,
        options: Mapping[str, Any] | None = None,
        vae: Any = None,
    ) -> BlockResiduals:
        """x: (B, C, h, w); timestep: (B,); tokens: (B, N, D); hint: (B, 3, 8h, 8w), 0..1; pooled: (B, P)."""
        config, even, device, dtype = self.module.config, evened(x), self.device, self.dtype
        if pooled is None:
            pooled = x.new_zeros(x.shape[0], config.pooled_projection_dim)
        told = torch.as_tensor((options or {}).get("guidance", GUIDANCE), dtype=torch.float32, device=device)
        mode = torch.full((x.shape[0], 1), self.facts["mode"], device=device) if "mode" in self.facts else None
        blocks, single = self.module(
            hidden_states=packed(even).to(device, dtype),
            controlnet_cond=packed(evened(self.latent(hint, vae))).to(device, dtype),
            controlnet_mode=mode,
            conditioning_scale=strength,
            encoder_hidden_states=tokens.to(device, dtype),
            pooled_projections=pooled.to(device, dtype),
            timestep=timestep.to(device),
            img_ids=places(even.shape[-2] // 2, even.shape[-1] // 2).to(device, dtype),
            txt_ids=torch.zeros(tokens.shape[1], 3, device=device, dtype=dtype),
            guidance=told.flatten().expand(x.shape[0]) if config.guidance_embeds else None,
            return_dict=False,
        )
        return BlockResiduals(tuple(blocks or ()), tuple(single or ()))
