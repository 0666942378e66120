"""Stable Diffusion 1.x. Rombach et al. 2022."""

from __future__ import annotations

from calotype.diffusion.families.base import Family, Slot, TextFacts
from calotype.diffusion.latents import LatentFormat

CLIP_L = Slot("clip_l", "CLIP-L", TextFacts(), width=768)

FAMILY = Family(
    name="sd1",
    title="SD 1.x",
    latent=LatentFormat(channels=4, scale=0.18215),
    heads=lambda channels: 8,
    text=(CLIP_L,),
)
