"""SDXL: two text encoders, and sizes as conditioning. Podell et al. 2023, section 2.2."""

from __future__ import annotations

from calotype.diffusion.families.base import Family, Slot, TextFacts
from calotype.diffusion.latents import LatentFormat

LATENT = LatentFormat(channels=4, scale=0.13025)
CLIP_L = Slot("clip_l", "CLIP-L", TextFacts(layer=-2, normed=False), width=768)
CLIP_G_FACTS = TextFacts(activation="gelu", layer=-2, normed=False, pad=0)
CLIP_G = Slot("clip_g", "OpenCLIP ViT-bigG", CLIP_G_FACTS, width=1280)

FAMILY = Family(name="sdxl", title="SDXL", latent=LATENT, text=(CLIP_L, CLIP_G))
REFINER = Family(name="sdxl-refiner", title="SDXL refiner", latent=LATENT, text=(CLIP_G,))
