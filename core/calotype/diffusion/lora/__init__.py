"""Low-rank adaptation: small files that change some weights of a model. Hu et al. 2021."""

from calotype.diffusion.lora.apply import adapt
from calotype.diffusion.lora.names import Adapter, adapters, aliases

__all__ = ["Adapter", "adapt", "adapters", "aliases"]
