"""Which model families go together, from what stands in file headers; no weight is loaded for it.

A family is the name that `inspect` gives: "sd1", "sdxl", ..., and "kl-f8-4" or "clip-l" for a VAE or a text encoder in
a file of its own, which several families share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

WORDS = {
    "Model": "model",
    "Clip": "text encoder",
    "Vae": "VAE",
    "Conditioning": "conditioning",
    "Latent": "latent",
    "ControlNet": "ControlNet",
    "Guider": "model",
    "checkpoints": "checkpoint",
    "unet": "model",
    "diffusion_models": "model",
    "loras": "LoRA",
    "controlnet": "ControlNet",
    "vae": "VAE",
    "clip": "text encoder",
    "text_encoders": "text encoder",
    "upscale_models": "upscale model",
    "embeddings": "embedding",
    "ClipVision": "image encoder",
    "ImageFeatures": "image encoder",
    "StyleModel": "style model",
    "clip_vision": "image encoder",
    "style_models": "style model",
}
TITLES = {
    "sd1": "SD 1.5",
    "sd2": "SD 2",
    "sdxl": "SDXL",
    "sdxl-refiner": "SDXL refiner",
    "sd3": "SD 3",
    "flux": "FLUX",
    "flux2": "FLUX.2",
    "z-image": "Z-Image",
    "qwen-image": "Qwen-Image",
    "wan": "Wan 2.1",
    "wan-5b": "Wan 2.2 5B",
    "svd": "Stable Video Diffusion",
    "kl-f8-4": "4-channel",
    "kl-f8-16": "16-channel",
    "clip-l": "CLIP-L",
    "clip-g": "CLIP-G",
    "clip-h": "CLIP-H",
    "t5": "T5",
    "kl-wan": "Wan 2.1",
    "kl-wan-5b": "Wan 2.2 5B",
    "kl-flux2": "FLUX.2",
    "qwen3-4b": "Qwen 3 4B",
    "qwen3-8b": "Qwen 3 8B",
    "qwen2.5-vl": "Qwen 2.5 VL",
    "umt5": "UMT5",
    "siglip": "SigLIP",
    "clip-vision-l": "CLIP ViT-L",
    "clip-vision-h": "CLIP ViT-H",
    "clip-vision-g": "CLIP ViT-bigG",
}
FOUR_CHANNELS = frozenset({"sd1", "sd2", "sdxl", "sdxl-refiner", "sd2-unclip", "sd-upscaler", "svd"})
LANGUAGE = frozenset({"z-image", "flux2", "qwen-image", "wan", "wan-5b"})  # listen to language models, or to UMT5
PARTS: Mapping[str, frozenset[str]] = {
    "kl-f8-4": FOUR_CHANNELS,
    "clip-l": frozenset({"sd1"}),
    "clip-h": frozenset({"sd2", "sd2-unclip"}),
    "clip-g": frozenset({"sdxl-refiner"}),
    "kl-wan": frozenset({"wan", "qwen-image"}),
    "kl-wan-5b": frozenset({"wan-5b"}),
    "kl-flux2": frozenset({"flux2"}),
    "qwen3-4b": frozenset({"z-image"}),  # and FLUX.2, which asks it otherwise: see TYPED
    "qwen3-8b": frozenset({"flux2"}),
    "qwen2.5-vl": frozenset({"qwen-image"}),
    "umt5": frozenset({"wan", "wan-5b"}),
    "siglip": frozenset({"flux"}),
    "clip-vision-l": frozenset(),
    "clip-vision-h": frozenset(),
    "clip-vision-g": frozenset(),
}
TYPED: Mapping[str, frozenset[str]] = {"qwen3-4b": frozenset({"flux2"})}
"""Files of one part -> families that take them too, once their loader is told so."""
NEVER: Mapping[str, frozenset[str]] = {
    "kl-f8-16": FOUR_CHANNELS | {"flux2", "qwen-image", "wan", "wan-5b"},
    "t5": FOUR_CHANNELS | LANGUAGE | {"sd3", "flux"},  # which listen to a CLIP beside it
}
LATENTS = (
    frozenset({"sd1", "sd2", "sd2-unclip"}),
    frozenset({"sdxl", "sdxl-refiner"}),
    frozenset({"flux", "z-image"}),
)
EMBEDDED: Mapping[str, frozenset[str]] = {
    "sdxl": frozenset({"sdxl-refiner", "sd3"}),
    "sd1": frozenset({"flux"}),
}
"""Embeddings of a family -> others whose CLIPs are the same, every one of them."""
IN_LATENTS = frozenset({"Vae", "Latent"})


@dataclass(frozen=True, slots=True)
class Known:
    """A family that travels on a link, and where it comes from.

    kind: the type of the value ("Model", "Latent"), or the folder of a file at the node itself. origin: the id of the
    node that names the file; its folder and name; "" for a folder where it may be one of several files.
    """

    family: str
    kind: str
    origin: str
    type: str
    file: str
    folder: str = ""

    @property
    def title(self) -> str:
        """The family as people say it, with what it is: `SDXL ControlNet`."""
        return f"{TITLES.get(self.family, self.family)} {WORDS.get(self.kind, self.kind)}"

    @property
    def partial(self) -> bool:
        """Whether it is the family of a file with one part, which says less than that of a whole checkpoint."""
        return self.family in PARTS or self.family in NEVER

    @property
    def source(self) -> str:
        """Where it comes from, as a message says it."""
        return f'node "{self.origin}" ({self.type}, {self.file})'


@dataclass(frozen=True, slots=True)
class Compatibility:
    """Which families go together although their names differ.

    parts: a family of files with one part -> the families that take it. never: -> the families that do not; they take
    it unless named. latents: families in one set share their latent space, so VAEs and latents of one go with another.
    """

    parts: Mapping[str, frozenset[str]] = field(default_factory=lambda: PARTS)
    never: Mapping[str, frozenset[str]] = field(default_factory=lambda: NEVER)
    latents: tuple[frozenset[str], ...] = LATENTS

    def fits(self, one: Known, other: Known) -> bool:
        """Whether two families may meet at a node."""
        a, b = one.family, other.family
        if a == b:
            return True
        for word, model in ((one, other), (other, one)):
            if word.kind == "embeddings" and model.family in EMBEDDED.get(word.family, ()):
                return True
        if one.partial and other.partial:
            return not (a.startswith("kl-") and b.startswith("kl-"))
        for part, whole in ((a, b), (b, a)):
            if part in self.parts:
                return whole in self.parts[part]
            if part in self.never:
                return whole not in self.never[part]
        shared = bool({one.kind, other.kind} & IN_LATENTS)
        return shared and any(a in group and b in group for group in self.latents)


def mismatch(one: Known, other: Known) -> tuple[str, str]:
    """The message and the remedy for two families that do not go together. `other` is the one at the input named."""
    a, b = TITLES.get(one.family, one.family), TITLES.get(other.family, other.family)
    message = f"the {other.title} from {other.source} does not go with the {one.title} from {one.source}"
    if other.partial != one.partial:  # of a whole checkpoint and a part, the part is the one to change
        part, whole, family = (other, a, one.family) if other.partial else (one, b, other.family)
        if family in TYPED.get(part.family, ()):
            return message, f'Set the type to "{family}" in node "{part.origin}".'
        return message, f'Choose a file for {whole} in node "{part.origin}".'
    return message, f'Choose a file for {a} in node "{other.origin}", or one for {b} in node "{one.origin}".'
