"""The values that travel on links.

Data (`Image`, `Mask`, `Latent`, `Conditioning`, `Saved`) are frozen dataclasses over tensors. Models travel as
*recipes*: which file, by content hash, and which patches, in order; weights are loaded only where a node computes.
Nothing here imports torch. A type of a plugin joins by being a frozen dataclass with `to_tensors` / `from_tensors`.
"""

from calotype.types.conditioning import Conditioning, Control, Prompt
from calotype.types.data import Artifact, Direction, Image, ImageFeatures, Latent, Mask, Saved, Storable, tensors_of
from calotype.types.recipes import (
    Clip,
    ClipVision,
    ControlNet,
    FileRef,
    Model,
    Patch,
    Recipe,
    StyleModel,
    UpscaleModel,
    Vae,
    file_from,
    recipe_from,
)
from calotype.types.scalars import MAX_SEED, BatchOnly, Json, Role, Scalar, Secret, Seed, Words

__all__ = [
    "MAX_SEED",
    "Artifact",
    "BatchOnly",
    "Clip",
    "ClipVision",
    "Conditioning",
    "Control",
    "ControlNet",
    "Direction",
    "FileRef",
    "Image",
    "ImageFeatures",
    "Json",
    "Latent",
    "Mask",
    "Model",
    "Patch",
    "Prompt",
    "Recipe",
    "Role",
    "Saved",
    "Scalar",
    "Secret",
    "Seed",
    "Storable",
    "StyleModel",
    "UpscaleModel",
    "Vae",
    "Words",
    "file_from",
    "recipe_from",
    "tensors_of",
]
