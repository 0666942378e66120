"""Which text encoder of a recipe's files is which of its family's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from calotype.diffusion.families import texts
from calotype.diffusion.families.base import Slot
from calotype.diffusion.families.inspect import Part
from calotype.diffusion.loading.job import Job
from calotype.errors import ModelError


@dataclass(frozen=True, slots=True)
class Voice:
    """A text encoder in a file."""

    job: Job
    part: Part

    @property
    def kind(self) -> str:
        """Which of `texts.KINDS`."""
        return texts.kind_of(self.part.layout).name

    @property
    def width(self) -> int:
        """Features of a token."""
        return texts.KINDS[self.kind].width_of(self.job.header, self.part.prefix)

    @property
    def title(self) -> str:
        """For people: what it is and where."""
        return f"a {texts.KINDS[self.kind].title} in {self.job.header.path.name}"


def voices_of(jobs: Sequence[Job]) -> list[Voice | None]:
    """The encoders in some files, in the order of their family's slots; None where one lacks. Raises ModelError."""
    return seated([Voice(job, part) for job in jobs for part in job.parts()], jobs[0].family.text)


def seated(voices: Sequence[Voice], slots: Sequence[Slot]) -> list[Voice | None]:
    """The encoder of each slot: by the name in its prefix, else by its width, else in order, of its kind.

    Raises ModelError for one that has no place.
    """
    seats: list[Voice | None] = [None] * len(slots)
    rules = (
        lambda slot, voice: f".{slot.name}." in f".{voice.part.prefix}",
        lambda slot, voice: slot.width == voice.width,
        lambda slot, voice: True,
    )
    waiting = list(voices)
    for rule in rules:
        for voice in list(waiting):
            free = (i for i, s in enumerate(slots) if seats[i] is None and s.kind == voice.kind and rule(s, voice))
            seat = next(free, None)
            if seat is not None:
                seats[seat] = voice
                waiting.remove(voice)
    if waiting:
        family, wanted = voices[0].job.family.title, ", ".join(slot.title for slot in slots)
        raise ModelError(f"{waiting[0].title} has no place in {family}, which listens to: {wanted or 'no text'}.")
    return seats
