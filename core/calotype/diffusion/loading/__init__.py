"""From a recipe to a module on its device: single files and diffusers folders, safetensors only, offline."""

from calotype.diffusion.loading.load import load, size_of
from calotype.diffusion.loading.pooled import open_pool
from calotype.diffusion.loading.tensors import Shared

__all__ = ["Shared", "load", "open_pool", "size_of"]
