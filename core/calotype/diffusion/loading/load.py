"""One door: a recipe becomes a module."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

import torch
from torch import nn

from calotype.diffusion.control import ControlModel
from calotype.diffusion.denoiser import Denoiser
from calotype.diffusion.families import FAMILIES
from calotype.diffusion.families.base import Family, Prediction
from calotype.diffusion.families.inspect import Found, Kind, Part, inspect_header
from calotype.diffusion.header import Header
from calotype.diffusion.layouts.take import Take
from calotype.diffusion.loading import build
from calotype.diffusion.loading.merging import count_layers, merged, weights_of
from calotype.diffusion.loading.tensors import Reader, Shared, assign, stored_dtype
from calotype.diffusion.lora import adapt
from calotype.diffusion.changes.levels import overridden
from calotype.diffusion.text.clip import ClipText
from calotype.diffusion.text.encoder import TextEncoder
from calotype.diffusion.upscale import Upscaler, load_upscaler, upscaler_size
from calotype.diffusion.vae import Autoencoder
from calotype.errors import FamilyMismatch, ModelError
from calotype.types import FileRef, Patch, Recipe

if TYPE_CHECKING:
    from calotype.diffusion.sampling.parameterization import ModelSampling

Loaded = Denoiser | TextEncoder | Autoencoder | ControlModel | Upscaler
M = TypeVar("M", bound=nn.Module)
PathOf = Callable[[FileRef], Path]
Dtype = torch.dtype | Literal["file"] | None

V_BIAS = 0.09  # standard deviation above which an SD 2.x U-Net predicts v
PARTS = {
    "denoiser": "denoiser",
    "text_encoder": "text encoder",
    "vae": "VAE",
    "controlnet": "ControlNet",
    "lora": "LoRA",
}


def load(
    recipe: Recipe, path_of: PathOf, device: torch.device, dtype: Dtype = None, shared: Shared | None = None
) -> Loaded:
    """The module of a recipe on a device, with its patches.

    dtype: of weights and computation; None for what suits the device (float32 on a CPU), "file" for that of the file,
    which on a CPU maps the file without copying. shared: where modules of the same file meet.
    Raises ModelError, FamilyMismatch.
    """
    if recipe.part == "upscale_model":
        return load_upscaler(recipe, path_of, torch.device(device))
    job = Job.of(recipe, path_of, torch.device(device), dtype, shared or Shared())
    match recipe.part:
        case "denoiser":
            return with_patches(job.denoiser(), recipe.patches)
        case "text_encoder":
            return job.text_encoder()
        case "vae":
            return job.vae()
        case "controlnet":
            return job.control()
    raise ModelError(f"a recipe for a {recipe.part or 'nameless part'} cannot be loaded.")


def with_patches(denoiser: Denoiser, patches: tuple[Patch, ...]) -> Denoiser:
    """A denoiser that knows its patches: its noise levels now, the others when it is used."""
    denoiser.sampling, denoiser.patches = overridden(denoiser.sampling, patches), patches
    return denoiser


def size_of(recipe: Recipe, path_of: PathOf, device: torch.device, dtype: Dtype = None) -> int:
    """The bytes that `load` will need, from the header alone; patches not counted. Raises ModelError."""
    if recipe.part == "upscale_model":
        return upscaler_size(recipe, path_of)
    job = Job.of(recipe, path_of, torch.device(device), dtype, Shared())
    total = 0
    for part in job.parts():
        takes = build.takes_of(job.header, part)
        stored, wanted = stored_dtype(takes.values()), job.dtype(takes)
        total += sum(t.source.nbytes // (3 if t.third is not None else 1) for t in takes.values())
        total = total * wanted.itemsize // stored.itemsize
    return total


@dataclass(frozen=True, slots=True)
class Job:
    """One load: a recipe, its file's header, where to and as what."""

    recipe: Recipe
    path_of: PathOf
    device: torch.device
    asked: Dtype
    shared: Shared
    header: Header
    found: Found

    @classmethod
    def of(cls, recipe: Recipe, path_of: PathOf, device: torch.device, asked: Dtype, shared: Shared) -> Job:
        """Read the header and check that it is what the recipe says."""
        header = shared.header(path_of(recipe.file))
        found = inspect_header(header)
        job = cls(recipe, path_of, device, asked, shared, header, found)
        job.check()
        return job

    def check(self) -> None:
        """Raise unless the file has the part, and of the family, that the recipe wants."""
        kind, name = self.recipe.part, self.header.path.name
        if not self.found.of(self.kind):
            has = ", ".join(dict.fromkeys(PARTS[p.kind] for p in self.found.parts)) or "no part that can be used here"
            raise ModelError(f"{name} ({self.found.title}) has no {PARTS.get(kind, kind)}; it has: {has}.")
        family, wanted = self.found.family, self.recipe.family
        if family.startswith(("clip-", "kl-")):
            return
        if wanted and family != wanted:
            said = FAMILIES[wanted].title if wanted in FAMILIES else wanted
            raise FamilyMismatch(f"{name} is of the family {self.found.title}, not {said}.")
        if not FAMILIES[family].runs:
            raise ModelError(f"{name} is recognised as {self.found.title}, which this version cannot run.")

    @property
    def kind(self) -> Kind:
        """The part that the recipe means."""
        return self.recipe.part  # type: ignore[return-value]

    @property
    def family(self) -> Family:
        """The family whose facts hold: the recipe's, for a text encoder or VAE in a file of its own."""
        alone = self.found.family.startswith(("clip-", "kl-")) and self.recipe.family in FAMILIES
        return FAMILIES[self.recipe.family if alone else self.found.family]

    def parts(self) -> tuple[Part, ...]:
        """The parts of the file that are loaded."""
        return self.found.of(self.kind)

    def dtype(self, takes: dict[str, Take]) -> torch.dtype:
        """The type of weights and computation for a part."""
        stored = stored_dtype(takes.values())
        if self.asked == "file":
            return stored
        if isinstance(self.asked, torch.dtype):
            wanted = self.asked
        elif self.device.type == "cpu":
            wanted = torch.float32  # 16-bit convolutions are slow on most CPUs, or missing
        else:
            wanted = stored if stored in (torch.float16, torch.bfloat16) else torch.float16
        overflows = self.kind == "vae" and self.family.name in ("sdxl", "sdxl-refiner", "kl-f8-4")
        return torch.bfloat16 if overflows and wanted == torch.float16 else wanted

    def fill(self, module: nn.Module, takes: dict[str, Take], index: int = 0) -> nn.Module:
        """`module` with its tensors, and the recipe's LoRAs in them, in order."""
        parameters = self.patched(self.reader(self.dtype(takes)).read(takes), takes, index)
        named = module.named if isinstance(module, ClipText) else str
        return assign(module, {named(k): v for k, v in parameters.items()}, self.header.path.name)

    def patched(
        self, parameters: dict[str, nn.Parameter], takes: dict[str, Take], index: int
    ) -> dict[str, nn.Parameter]:
        """The tensors of a part as the recipe's patches of weights leave them, in order."""
        for patch in self.recipe.patches:
            if patch.kind == "lora":
                parameters = self.adapted(parameters, takes, patch, index)
            elif patch.kind == "merge":
                parameters = self.merged(parameters, takes, patch, index)
        return parameters

    def merged(
        self, parameters: dict[str, nn.Parameter], takes: dict[str, Take], patch: Patch, index: int
    ) -> dict[str, nn.Parameter]:
        """The tensors with a second model's, weighted. Raises FamilyMismatch, ModelError."""
        if patch.other is None:
            raise ModelError("a patch that merges without a second model.")
        other = Job.of(patch.other, self.path_of, torch.device("cpu"), "file", self.shared)
        if other.family.name != self.family.name or len(other.parts()) != len(self.parts()):
            raise FamilyMismatch(
                f"{other.header.path.name} ({other.found.title}) cannot be merged into {self.header.path.name} "
                f"({self.family.title}). Use a file of {self.family.title}."
            )
        theirs = build.takes_of(other.header, other.parts()[index])
        mapped = Reader(other.identity, other.device, None, self.shared).read(theirs)
        rounding = stored_dtype(takes.values()) if self.kind == "text_encoder" else None
        shares = weights_of(dict(patch.settings), count_layers(takes))
        return merged(parameters, other.patched(mapped, theirs, index), shares, rounding)

    def built(self, make: Callable[..., M], takes: dict[str, Take], *facts: object) -> M:
        """A module without memory. Raises ModelError when the tensors are not those of such a module."""
        try:
            return make(takes, *facts)
        except KeyError as error:
            raise ModelError(f"{self.header.path.name} is incomplete: {error.args[0]!r} is missing.") from error
        except (ValueError, TypeError, IndexError, ArithmeticError, RuntimeError) as error:
            raise ModelError(
                f"{self.header.path.name} is not {self.family.title} as it should be: no {PARTS[self.kind]} has "
                f"tensors of its shapes ({error})."
            ) from error

    def reader(self, dtype: torch.dtype) -> Reader:
        """Reads this job's file, for its device."""
        return Reader(self.identity, self.device, dtype, self.shared)

    def adapted(
        self, parameters: dict[str, nn.Parameter], takes: dict[str, Take], patch: Patch, index: int
    ) -> dict[str, nn.Parameter]:
        """The tensors with one LoRA more. Raises FamilyMismatch, ModelError."""
        strength = float(dict(patch.settings).get("strength", 1.0))
        if patch.file is None:
            raise ModelError("a LoRA patch without a file.")
        if strength == 0:
            return parameters
        header = self.shared.header(self.path_of(patch.file))
        found = inspect_header(header)
        refuse_other(found, header, self.family, self.header)
        read = Reader("", torch.device("cpu"), None, self.shared).raw
        # ComfyUI keeps text encoders in half precision and so rounds what a LoRA changes, whatever computes
        rounding = stored_dtype(takes.values()) if self.kind == "text_encoder" else None
        return adapt(parameters, takes, header, strength, self.kind, read, index, len(self.parts()), rounding)

    @property
    def identity(self) -> str:
        """What tells the file from all others."""
        path = self.header.path
        return self.recipe.file.hash or f"{path.resolve()}:{path.stat().st_mtime_ns}"

    def denoiser(self) -> Denoiser:
        """The U-Net with its parameterisation."""
        part = self.parts()[0]
        takes = build.takes_of(self.header, part)
        module = self.fill(self.built(build.unet, takes, self.family), takes)
        sampling = self.sampling(takes)
        return Denoiser(self.family.name, module, sampling, self.family.latent, self.device, self.dtype(takes))

    def sampling(self, takes: dict[str, Take]) -> ModelSampling:
        """What the network predicts: as a patch says, else the file, else its family."""
        from calotype.diffusion.sampling.parameterization import ModelSampling

        said = {k: v for p in self.recipe.patches if p.kind == "sampling" for k, v in p.settings}
        prediction = said.get("prediction") or self.found.prediction or self._trained_for(takes)
        return ModelSampling.discrete(prediction, bool(said.get("zero_snr", self.found.zero_terminal_snr)))  # type: ignore[arg-type]

    def _trained_for(self, takes: dict[str, Take]) -> Prediction:
        """The prediction of a silent file: the two SD 2.x trainings differ in one bias, by which all tell them."""
        mark = takes.get("up_blocks.3.attentions.2.transformer_blocks.0.norm1.bias")
        if self.family.name != "sd2" or mark is None:
            return self.family.prediction
        values = self.reader(torch.float32).raw(mark).float()
        return "v" if float(values.std(unbiased=False)) > V_BIAS else "eps"

    def text_encoder(self) -> TextEncoder:
        """All text encoders of the file. Raises ModelError when they are not those that its denoiser listens to."""
        facts, has = self.family.text, len(self.parts())
        if len(facts) != has:
            said = f"{has} of the {len(facts)} text encoders that {self.family.title} needs"
            raise ModelError(f"{self.header.path.name} has {said}.")
        encoders: list[ClipText] = []
        for part, fact in zip(self.parts(), facts, strict=True):
            takes = build.takes_of(self.header, part)
            encoder = self.built(build.text, takes, fact, self.device)
            self.fill(encoder, takes, len(encoders))
            encoders.append(encoder)
        self._refuse_mixed(sum(encoder.width for encoder in encoders))
        return TextEncoder(self.family.name, encoders, self.device, self._clip_skip())

    def _refuse_mixed(self, width: int) -> None:
        """Raise when the denoiser in the same file listens to features of another width."""
        heard = next((i.shape[-1] for n, i in self.header.tensors.items() if n.endswith(".attn2.to_k.weight")), width)
        if heard != width:
            raise ModelError(
                f"{self.header.path.name} mixes models: its U-Net listens to {heard} features, its text encoder gives "
                f"{width}."
            )

    def _clip_skip(self) -> int | None:
        said = [dict(p.settings)["stop_at_layer"] for p in self.recipe.patches if p.kind == "clip_skip"]
        return int(said[-1]) if said else None

    def vae(self) -> Autoencoder:
        """The autoencoder."""
        takes = build.takes_of(self.header, self.parts()[0])
        module = self.fill(self.built(build.vae, takes), takes)
        return Autoencoder(self.family.name, module, self.device, self.dtype(takes))

    def control(self) -> ControlModel:
        """The ControlNet."""
        takes = build.takes_of(self.header, self.parts()[0])
        module = self.fill(self.built(build.control, takes, self.family), takes)
        return ControlModel(self.family.name, module, self.device, self.dtype(takes))


def refuse_other(found: Found, header: Header, family: Family, model: Header) -> None:
    """Raise unless a file is a LoRA, and for this family."""
    if not found.of("lora"):
        raise ModelError(f"{header.path.name} is not a LoRA but {found.title} weights.")
    if found.family != family.name and {found.family, family.name} != {"sdxl", "sdxl-refiner"}:
        raise FamilyMismatch(
            f"{header.path.name} is a LoRA for {found.title}; {model.path.name} is {family.title}. Use a LoRA made for "
            f"{family.title}, or a checkpoint of the family {found.title}."
        )
