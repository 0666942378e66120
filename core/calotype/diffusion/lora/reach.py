"""Which weights of a model a LoRA file changes: kohya's, diffusers', PEFT's and original names. No torch."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass

from calotype.diffusion.families.base import Family
from calotype.diffusion.header import Header
from calotype.diffusion.layouts.take import Take, Takes
from calotype.diffusion.lora.names import Adapter, content
from calotype.diffusion.lora.originals import Originals, unet_names

FLAT = ("lora_unet_", "lora_transformer_", "lycoris_")
DOTTED = ("base_model.model.", "model.diffusion_model.", "diffusion_model.", "unet.", "transformer.")
WORDS = ("lora_te", "text_encoder", "te1_", "te2_")  # how the names of text encoders' modules begin


@dataclass(frozen=True, slots=True)
class Target:
    """What an adapter changes: one weight as it is, or several that are rows of the one that it was made for.

    weights: (name in the model, how it is taken from what the adapter was made for).
    """

    weights: tuple[tuple[str, Take | None], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The weights' names in the model."""
        return tuple(name for name, _ in self.weights)


@dataclass(frozen=True, slots=True)
class Reach:
    """What a LoRA file does to one part of a model.

    changes: (adapter, what it changes); unknown: names of modules that are meant for such a part and are not in it.
    """

    changes: tuple[tuple[Adapter, Target], ...]
    unknown: tuple[str, ...]

    @property
    def weights(self) -> set[str]:
        """The names of every weight that is touched, biases too."""
        found = {name for _, target in self.changes for name in target.names}
        biased = [target for adapter, target in self.changes if "diff_b" in adapter.tensors]
        return found | {bias(name) for target in biased for name in target.names}

    def within(self, names: Container[str]) -> Reach:
        """What it does to some of the weights; an adapter of several weights has all of them there, or none."""
        return Reach(tuple(one for one in self.changes if all(name in names for name in one[1].names)), self.unknown)


def bias(weight: str) -> str:
    """The name of the bias beside a weight."""
    return f"{weight.removesuffix('.weight')}.bias"


def is_for(kind: str, module: str) -> bool:
    """Whether a module name of a LoRA file means a denoiser ("denoiser") or text encoders."""
    bare = module.removeprefix("base_model.model.")
    return bare.startswith(WORDS) == (kind != "denoiser")


def reach(lora: Header, kind: str, takes: Takes, family: Family, index: int = 0, count: int = 1) -> Reach:
    """What a LoRA does to a part with these tensors. kind: "denoiser" or "text_encoder"; index of count: which one."""
    slot = family.text[index].name if index < len(family.text) else ""
    names: Names = DenoiserNames(takes, family) if kind == "denoiser" else TextNames(takes, index, count, slot)
    changes, unknown = [], []
    for module, adapter in content(lora).adapters.items():
        if not is_for(kind, module):
            continue
        found = names.target(module)
        if found is not None:
            changes.append((adapter, found))
        elif names.meant(module):
            unknown.append(module)
    return Reach(tuple(changes), tuple(unknown))


class Names:
    """Module name as a LoRA file has it -> what it changes. Responsibilities: names that are known by themselves."""

    def __init__(self, known: Mapping[str, str]) -> None:
        """known: such a name -> the weight in the model."""
        self._known = known

    def target(self, module: str) -> Target | None:
        """What a module name means, None when it means nothing here."""
        weight = self._known.get(module)
        return Target(((weight, None),)) if weight else None

    def meant(self, module: str) -> bool:
        """Whether the name is meant for this part rather than another of its kind."""
        return True


class DenoiserNames(Names):
    """Names of a denoiser's modules: its own, those of the file it came from, those of the original code."""

    def __init__(self, takes: Takes, family: Family) -> None:
        weights = {name.removesuffix(".weight"): name for name in takes if name.endswith(".weight")}
        layers = len({n.split(".")[3] for n in takes if n.startswith("down_blocks.0.resnets.")})
        known: dict[str, str] = {}
        for module, weight in weights.items():
            more = unet_names(module, layers) if family.network is None else ()
            for name in (module, *more, *_older(module)):
                known[name] = known[name.replace(".", "_")] = weight
        super().__init__(known)
        self._originals = Originals(family.network.layouts, takes) if family.network else None

    def target(self, module: str) -> Target | None:
        """See `Names`."""
        bare, flat = bared(module)
        found = super().target(bare)
        if found is not None or self._originals is None:
            return found
        taken = self._originals.flat(bare) if flat else self._originals.dotted(bare)
        return Target(tuple(taken)) if taken else None


class TextNames(Names):
    """Names of one text encoder's modules. index of count: which of several it is; slot: its name in its family."""

    def __init__(self, takes: Takes, index: int, count: int, slot: str = "") -> None:
        weights = {name.removesuffix(".weight"): name for name in takes if name.endswith(".weight")}
        self._starts = tuple(_starts(index, count, slot))
        super().__init__({name: w for module, w in weights.items() for name in _text(module, self._starts)})

    def meant(self, module: str) -> bool:
        """See `Names`."""
        return module.startswith(self._starts)


def bared(module: str) -> tuple[str, bool]:
    """A denoiser's module name without what stands before it, and whether it has "_" in place of "."."""
    for prefix in FLAT:
        if module.startswith(prefix):
            return module.removeprefix(prefix), True
    for prefix in DOTTED:
        module = module.removeprefix(prefix)
    return module, False


def _older(module: str) -> Iterator[str]:
    """Older diffusers had no number at the end of an attention."""
    if module.endswith(".to_out.0"):
        yield module.removesuffix(".0")


def _starts(index: int, count: int, slot: str) -> Iterator[str]:
    """What stands before the names of a text encoder, flat or dotted."""
    if slot:
        yield f"text_encoders.{slot}.transformer."  # as ComfyUI names what it trains itself
    yield f"lora_te{index + 1}_"
    yield "text_encoder." if index == 0 else f"text_encoder_{index + 1}."
    if index == 0:
        yield from ("lora_te_", "text_encoder_")
    if index == 0 and count == 1:
        yield "lora_te2_"  # the refiner's one encoder is SDXL's second
    if index == 1 and count == 2:
        yield "lora_te3_"  # of FLUX, kohya calls the T5 so


def _text(module: str, starts: Iterable[str]) -> Iterator[str]:
    """CLIP's modules with or without `text_model`, T5's with or without `encoder`, others' with or without `model`."""
    for start in starts:
        for inner in (module, f"text_model.{module}", f"encoder.{module}", f"model.{module}"):
            yield start + (inner if start.endswith(".") else inner.replace(".", "_"))
            if start.endswith("."):
                yield f"base_model.model.{start}{inner}"
