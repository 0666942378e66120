"""Networks that enlarge pictures (ESRGAN and its kin), through spandrel: the extra `upscale`."""

from calotype.diffusion.upscale.load import load_upscaler, upscaler_size
from calotype.diffusion.upscale.model import Upscaler

__all__ = ["Upscaler", "load_upscaler", "upscaler_size"]
