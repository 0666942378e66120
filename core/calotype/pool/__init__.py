"""Models that are resident on a device, under a budget. With `diffusion`, the only torch in the engine."""

from calotype.pool.pool import Pool

__all__ = ["Pool"]
