"""Model families: one module each, with what their files look like and what their shapes do not say. No torch."""

from calotype.diffusion.families import others, sd1, sd2, sdxl
from calotype.diffusion.families.base import Family, TextFacts

__all__ = ["FAMILIES", "Family", "TextFacts"]

FAMILIES: dict[str, Family] = {
    family.name: family for family in (sd1.FAMILY, sd2.FAMILY, sdxl.FAMILY, sdxl.REFINER, *others.FAMILIES)
}
"""Every family that is recognised, by name."""
