"""Whether this version computes what a file holds, from its header. No torch."""

from __future__ import annotations

from calotype.diffusion.families import FAMILIES, controls
from calotype.diffusion.families.inspect import Found, Part
from calotype.diffusion.families.taken import takes_of
from calotype.diffusion.header import Header
from calotype.errors import ModelError

REMEDY = "Choose a file of a family that runs: docs/models.md lists them."


def refuse_uncomputed(header: Header, found: Found) -> None:
    """Raise ModelError for a family, a variant of one, or a kind of network that is known by name alone."""
    family, name = FAMILIES[found.family], header.path.name
    if not family.runs and not family.alone:
        raise ModelError(f"{name} is recognised as {family.title}, which this version cannot run. {REMEDY}")
    for part in found.of("controlnet"):
        kind = controls.kind_of(part.layout)
        if not kind.module:
            raise ModelError(
                f"{name} is a {kind.title} for {family.title}, which this version cannot run. {kind.instead}"
            )
    for part in found.of("denoiser"):
        refuse_variant(header, found, part)


def refuse_variant(header: Header, found: Found, part: Part) -> None:
    """Raise ModelError for a denoiser that is more than what is computed of its family."""
    network = FAMILIES[found.family].network
    said = network.beyond(takes_of(header, part, found.family)) if network else ""
    if said:
        raise ModelError(f"{header.path.name} {said}")
