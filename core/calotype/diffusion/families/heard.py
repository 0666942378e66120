"""Which family listens to some text encoders together. No torch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from calotype.diffusion.families import FAMILIES, title_of
from calotype.diffusion.families.base import Family
from calotype.errors import FamilyMismatch

AUTO = "auto"


def heard_by(found: Sequence[str], choice: str = AUTO) -> str:
    """The family that listens to the encoders in some files.

    found: the family of each file; choice: a family's name, or "auto" for the one that the files fit best. A single
    file keeps its family unless one is chosen. Raises FamilyMismatch when they do not belong together.
    """
    whole = list(dict.fromkeys(name for name in found if name not in FAMILIES or not FAMILIES[name].alone))
    if whole:
        return _checkpoint(whole, choice)
    if len(found) == 1 and choice == AUTO:
        return found[0]
    kinds = Counter(_kind(name) for name in found)
    chosen = [FAMILIES[choice]] if choice != AUTO else [f for f in FAMILIES.values() if f.runs]
    fitting = [family for family in chosen if _seats(family, kinds) and _named(family, found)]
    if not fitting:
        raise _unheard(found, chosen)
    return min(fitting, key=lambda family: len(family.text)).name


def _checkpoint(whole: Sequence[str], choice: str) -> str:
    """Of checkpoints with encoders: that of the one, which further files may complete."""
    wanted = whole[0] if choice == AUTO else choice
    if any(name != wanted for name in whole):
        named = dict.fromkeys((*whole, wanted))
        titles = " and ".join(title_of(name) for name in named)
        raise FamilyMismatch(f"these text encoders are of different families: {titles}.")
    return wanted


def _kind(name: str) -> str:
    text = FAMILIES[name].text
    if not text:
        raise FamilyMismatch(f"{FAMILIES[name].title} is no text encoder.")
    return text[0].kind


def _seats(family: Family, kinds: Counter[str]) -> bool:
    """Whether a family has a place for each encoder, and does without those that are not there."""
    places = Counter(slot.kind for slot in family.text)
    needed = Counter(slot.kind for slot in family.text if not slot.optional)
    return kinds <= places and needed <= kinds


def _named(family: Family, found: Sequence[str]) -> bool:
    """Whether encoders that are known by their width are among those of the family; the first of a kind may be any."""
    first = {f.text[0].kind: f.name for f in reversed([f for f in FAMILIES.values() if f.alone and f.text])}
    widths = {slot.width for slot in family.text}
    return all(name == first[_kind(name)] or FAMILIES[name].text[0].width in widths for name in found)


def _unheard(found: Sequence[str], chosen: Sequence[Family]) -> FamilyMismatch:
    given = " and ".join(FAMILIES[name].title for name in found)
    if len(chosen) > 1:
        return FamilyMismatch(f"no family listens to {given} together.")
    slots = [slot.title + (" (optional)" if slot.optional else "") for slot in chosen[0].text]
    return FamilyMismatch(f"{chosen[0].title} listens to {', '.join(slots)}; the files are {given}.")
