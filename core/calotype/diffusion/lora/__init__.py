"""Low-rank adaptation: small files that change some weights of a model. Hu et al. 2021."""

from calotype.diffusion.lora.apply import adapt
from calotype.diffusion.lora.names import Adapter, Content, content
from calotype.diffusion.lora.reach import Reach, Target, reach

__all__ = ["Adapter", "Content", "Reach", "Target", "adapt", "content", "reach"]
