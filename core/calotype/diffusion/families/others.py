"""Families that are recognised, so that a file can be named, but not computed by this version."""

from __future__ import annotations

from calotype.diffusion.families import flux2, qwen_image, sd1, sd2, sdxl, wan, z_image
from calotype.diffusion.families.base import Family, Slot, T5Facts
from calotype.diffusion.header import Header
from calotype.diffusion.latents import LatentFormat

T5 = Slot("t5xxl", "T5-XXL", T5Facts(), "t5", 4096)
PREFIXES = ("model.diffusion_model.", "diffusion_model.", "transformer/", "unet/", "net.", "")

ALONE = (
    Family("clip-l", "the CLIP-L text encoder", text=sd1.FAMILY.text, alone=True, runs=False),
    Family("clip-h", "the OpenCLIP ViT-H text encoder", text=sd2.FAMILY.text, alone=True, runs=False),
    Family("clip-g", "the OpenCLIP ViT-bigG text encoder", text=sdxl.REFINER.text, alone=True, runs=False),
    Family("t5", "the T5-XXL text encoder", text=(T5,), alone=True, runs=False),
    Family("qwen3-4b", "the Qwen 3 4B text encoder", text=z_image.FAMILY.text, alone=True, runs=False),
    Family("qwen3-8b", "the Qwen 3 8B text encoder", text=flux2.FAMILY.text, alone=True, runs=False),
    Family("qwen2.5-vl", "the Qwen 2.5 VL text encoder", text=qwen_image.FAMILY.text, alone=True, runs=False),
    Family("umt5", "the UMT5-XXL text encoder", text=wan.FAMILY.text, alone=True, runs=False),
    Family("kl-f8-4", "a 4-channel autoencoder (SD 1.x, SD 2.x or SDXL)", alone=True, runs=False),
    Family("kl-f8-16", "a 16-channel autoencoder (SD 3 or FLUX.1)", LatentFormat(16), alone=True, runs=False),
    Family("kl-wan", "a video autoencoder (Wan 2.1 or Qwen-Image)", wan.FAMILY.latent, alone=True, runs=False),
    Family("kl-wan-5b", "the autoencoder of Wan 2.2 5B", wan.WAN_5B.latent, alone=True, runs=False),
    Family("kl-flux2", "the autoencoder of FLUX.2", flux2.FAMILY.latent, alone=True, runs=False),
)
"""Files of one part: computed as the family named with them, or as the first that had such a part."""

FAMILIES = ALONE + tuple(
    Family(name, title, LatentFormat(channels=channels), runs=False)
    for name, title, channels in (
        ("svd", "Stable Video Diffusion", 4),
        ("sd-upscaler", "SD x4 upscaler", 4),
        ("sd2-unclip", "SD 2.1 unCLIP", 4),
        ("stable-cascade", "Stable Cascade", 16),
        ("chroma", "Chroma", 16),
        ("auraflow", "AuraFlow", 4),
        ("pixart", "PixArt", 4),
        ("hunyuan-dit", "Hunyuan-DiT", 4),
        ("hunyuan-video", "HunyuanVideo", 16),
        ("lumina2", "Lumina 2", 16),
        ("ltxv", "LTX-Video", 128),
        ("mochi", "Mochi", 12),
        ("cosmos", "Cosmos", 16),
    )
)

MARKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("chroma", ("distilled_guidance_layer.norms.0.scale", "distilled_guidance_layer.layers.0.in_layer.weight")),
    ("hunyuan-video", ("txt_in.individual_token_refiner.blocks.0.norm1.weight",)),
    ("auraflow", ("double_layers.0.attn.w1q.weight", "joint_transformer_blocks.0.attn.add_k_proj.weight")),
    ("lumina2", ("cap_embedder.1.weight",)),
    ("ltxv", ("adaln_single.emb.timestep_embedder.linear_1.bias",)),
    ("pixart", ("t_block.1.weight",)),
    ("hunyuan-dit", ("mlp_t5.0.weight",)),
    ("mochi", ("t5_yproj.weight",)),
    ("cosmos", ("blocks.block0.blocks.0.block.attn.to_q.0.weight", "x_embedder.proj.1.weight")),
    ("stable-cascade", ("clip_txt_pooled_mapper.weight", "clf.1.weight")),
)
"""Family -> tensor names of which one gives it away; the first that matches: the special before the general."""

UNRUN = "which this version cannot run"
STRANGERS: tuple[tuple[str, str, str], ...] = (
    ("ip_adapter.", f"an IP-Adapter, {UNRUN}", "Use a T2I-Adapter or a ControlNet, or a model that reads pictures."),
    ("image_proj.", f"an IP-Adapter, {UNRUN}", "Use a T2I-Adapter or a ControlNet, or a model that reads pictures."),
    ("vision_model.", "a CLIP that sees pictures", 'Put it in "clip_vision" and take ClipVisionLoader.'),
    ("visual.transformer.", "a CLIP that sees pictures", 'Put it in "clip_vision" and take ClipVisionLoader.'),
    ("redux_up.", "a FLUX.1 Redux adapter", 'Put it in "style_models" and take StyleModelLoader.'),
    ("down_blocks.0.motion_modules.", f"a motion module of AnimateDiff, {UNRUN}", "Use Wan for videos."),
    ("pulid_", f"PuLID, {UNRUN}", "Use a model that reads pictures, such as FLUX.1 Kontext."),
)
"""How tensor names begin, what such a file is, and what to do instead: of files that are used beside a model."""


def stranger(header: Header) -> str:
    """A sentence about a file that is no model but for use beside one; "" for others."""
    for start, what, remedy in STRANGERS:
        if any(name.startswith(start) for name in header.tensors):
            return f"{header.path.name} is {what}. {remedy}"
    return ""


def recognise(header: Header) -> str | None:
    """The family of a transformer's file, by names that only it has."""
    for family, names in MARKS:
        if any(p + n in header.tensors for p in PREFIXES for n in names):
            return _finer(header, family)
    return None


def _finer(header: Header, family: str) -> str | None:
    """Lumina 2 and Z-Image share names, but Z-Image fills captions up; LTX and PixArt share those of diffusers."""
    if family == "lumina2" and any(p + "cap_pad_token" in header.tensors for p in PREFIXES):
        return None
    if family == "ltxv" and any(p + "pos_embed.proj.weight" in header.tensors for p in PREFIXES):
        return "pixart"
    return family
