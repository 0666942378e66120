"""From recipes to model files: weights as their patches leave them, under the names that such files ordinarily have.

Weights are read, changed and written some blocks at a time, so that a model need not fit into memory to be saved.
"""

from calotype.diffusion.saving.files import write
from calotype.diffusion.saving.leaving import Numbers, checkpoint_parts, model_parts, text_parts, vae_parts
from calotype.diffusion.saving.loras import lora_parts, write_lora
from calotype.diffusion.saving.said import metadata_of, unsaved

__all__ = [
    "Numbers",
    "checkpoint_parts",
    "lora_parts",
    "metadata_of",
    "model_parts",
    "text_parts",
    "unsaved",
    "vae_parts",
    "write",
    "write_lora",
]
