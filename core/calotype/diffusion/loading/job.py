"""One part of one file on its way into memory: what it is, in which types, where to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeVar

import torch

from calotype.diffusion.families import FAMILIES, title_of
from calotype.diffusion.families.base import Family
from calotype.diffusion.families.computed import refuse_uncomputed
from calotype.diffusion.families.inspect import Found, Kind, Part, inspect_header
from calotype.diffusion.families.taken import takes_of
from calotype.diffusion.header import Header
from calotype.diffusion.kinds import PARTS as WORDS
from calotype.diffusion.layouts.take import Take
from calotype.diffusion.loading.narrow import PARTS
from calotype.diffusion.loading.tensors import Reader, Shared, Types, stored_dtype
from calotype.errors import FamilyMismatch, ModelError
from calotype.types import Clip, FileRef, Recipe

M = TypeVar("M")
PathOf = Callable[[FileRef], Path]
Dtype = torch.dtype | Literal["file"] | None


def identity_of(recipe: Recipe, header: Header) -> str:
    """What tells the file of a recipe from all others: its hash; without one, where it lies and when it was written."""
    path = header.path
    return recipe.file.hash or f"{path.resolve()}:{path.stat().st_mtime_ns}"


@dataclass(frozen=True, slots=True)
class Job:
    """One load: a recipe, its file's header, where to and as what.

    device: where it computes; home: where its weights are read to; narrow: whether layers keep theirs in 8 bits.
    """

    recipe: Recipe
    path_of: PathOf
    device: torch.device
    asked: Dtype
    shared: Shared
    header: Header
    found: Found
    home: torch.device
    narrow: bool = False

    @classmethod
    def of(
        cls,
        recipe: Recipe,
        path_of: PathOf,
        device: torch.device,
        asked: Dtype,
        shared: Shared,
        home: torch.device | None = None,
        narrow: bool = False,
    ) -> Job:
        """Read the header and check that it is what the recipe says. narrow: is of no account for other parts than
        denoisers and ControlNets.
        """
        header = shared.header(path_of(recipe.file))
        found = inspect_header(header)
        small = narrow and recipe.part in PARTS
        job = cls(recipe, path_of, device, asked, shared, header, found, home or device, small)
        job.check()
        return job

    def check(self) -> None:
        """Raise unless the file has the part, and of the family, that the recipe wants."""
        kind, name = self.recipe.part, self.header.path.name
        if not self.found.of(self.kind):
            has = ", ".join(dict.fromkeys(WORDS[p.kind] for p in self.found.parts)) or "no part that can be used here"
            raise ModelError(f"{name} ({self.found.title}) has no {WORDS.get(self.kind, kind)}; it has: {has}.")
        family, wanted = self.found.family, self.recipe.family
        if FAMILIES[family].alone:
            return
        if wanted and family != wanted:
            raise FamilyMismatch(f"{name} is of the family {self.found.title}, not {title_of(wanted)}.")
        refuse_uncomputed(self.header, self.found)

    @property
    def kind(self) -> Kind:
        """The part that the recipe means."""
        return self.recipe.part  # type: ignore[return-value]

    @property
    def family(self) -> Family:
        """The family whose facts hold: the recipe's, for a text encoder or VAE in a file of its own."""
        alone = FAMILIES[self.found.family].alone and self.recipe.family in FAMILIES
        return FAMILIES[self.recipe.family if alone else self.found.family]

    def others(self) -> tuple[Job, ...]:
        """The same for the further files of a recipe for text encoders."""
        if not isinstance(self.recipe, Clip):
            return ()
        recipes = [replace(self.recipe, file=file, more=()) for file in self.recipe.more]
        return tuple(Job.of(r, self.path_of, self.device, self.asked, self.shared, self.home) for r in recipes)

    def parts(self) -> tuple[Part, ...]:
        """The parts of the file that are loaded."""
        return self.found.of(self.kind)

    def takes(self, part: Part) -> dict[str, Take]:
        """The tensors of a part under its module's names."""
        return takes_of(self.header, part, self.found.family)

    def types(self, takes: dict[str, Take]) -> Types:
        """The types in which a part is held and computed with."""
        small = self.family.network is not None and self.kind != "vae"
        return Types(self.dtype(takes), small or self.narrow, self.narrow)

    def dtype(self, takes: dict[str, Take]) -> torch.dtype:
        """The type of computation for a part."""
        stored = stored_dtype(takes.values())
        if self.asked == "file" and stored.itemsize > 1:
            return stored
        if isinstance(self.asked, torch.dtype):
            wanted = self.asked
        elif self.device.type == "cpu":
            wanted = torch.float32  # 16-bit convolutions are slow on most CPUs, or missing
        elif stored.itemsize == 1:
            wanted = torch.bfloat16
        else:
            wanted = stored if stored in (torch.float16, torch.bfloat16) else torch.float16
        network = self.family.network
        overflows = self.kind == "vae" and self.family.name in ("sdxl", "sdxl-refiner", "kl-f8-4")
        overflows = overflows or (self.kind == "denoiser" and network is not None and network.overflows)
        return torch.bfloat16 if overflows and wanted == torch.float16 else wanted

    def built(self, make: Callable[..., M], takes: dict[str, Take], *facts: object) -> M:
        """A module without memory. Raises ModelError when the tensors are not those of such a module."""
        try:
            return make(takes, *facts)
        except KeyError as error:
            raise ModelError(f"{self.header.path.name} is incomplete: {error.args[0]!r} is missing.") from error
        except (ValueError, TypeError, IndexError, ArithmeticError, RuntimeError) as error:
            raise ModelError(
                f"{self.header.path.name} is not {self.family.title} as it should be: no {WORDS[self.kind]} has "
                f"tensors of its shapes ({error})."
            ) from error

    def reader(self, types: Types | None) -> Reader:
        """Reads this job's file, for its home."""
        return Reader(self.identity, self.home, types, self.shared)

    @property
    def identity(self) -> str:
        """What tells the file from all others."""
        return identity_of(self.recipe, self.header)
