"""Stable Diffusion 2.x: OpenCLIP's ViT-H text encoder, heads of 64 channels, linear projections."""

from __future__ import annotations

from calotype.diffusion.families.base import Family, Slot, TextFacts
from calotype.diffusion.latents import LatentFormat

CLIP_H = Slot("clip_h", "OpenCLIP ViT-H", TextFacts(activation="gelu", layer=-2, pad=0, cut=23), width=1024)

FAMILY = Family(
    name="sd2",
    title="SD 2.x",
    latent=LatentFormat(channels=4, scale=0.18215),
    text=(CLIP_H,),
)
