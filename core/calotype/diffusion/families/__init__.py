"""Model families: one module each, with what their files look like and what their shapes do not say. No torch."""

from calotype.diffusion.families import flux, flux2, others, qwen_image, sd1, sd2, sd3, sdxl, wan, z_image
from calotype.diffusion.families.base import Family, Slot, TextFacts

__all__ = ["FAMILIES", "Family", "Slot", "TextFacts", "title_of"]

FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        sd1.FAMILY,
        sd2.FAMILY,
        sdxl.FAMILY,
        sdxl.REFINER,
        sd3.FAMILY,
        flux2.FAMILY,
        flux.FAMILY,
        z_image.FAMILY,
        qwen_image.FAMILY,
        wan.WAN_5B,
        wan.FAMILY,
        *others.FAMILIES,
    )
}
"""Every family that is recognised, by name; of transformers, the special before the general."""


def title_of(name: str) -> str:
    """A family's name for people; one that is not known as it is."""
    return FAMILIES[name].title if name in FAMILIES else name
