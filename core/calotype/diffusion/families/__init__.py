"""Model families: one module each, with what their files look like and what their shapes do not say. No torch."""

from calotype.diffusion.families import flux, others, sd1, sd2, sd3, sdxl
from calotype.diffusion.families.base import Family, Slot, TextFacts

__all__ = ["FAMILIES", "Family", "Slot", "TextFacts"]

FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        sd1.FAMILY,
        sd2.FAMILY,
        sdxl.FAMILY,
        sdxl.REFINER,
        sd3.FAMILY,
        flux.FAMILY,
        *others.FAMILIES,
    )
}
"""Every family that is recognised, by name; of transformers, the special before the general."""
