"""What guides a denoiser: encoded prompts, and the ControlNets that work with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from calotype.types.recipes import ControlNet, Vae

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Control:
    """One ControlNet at work. hint: (B, H, W, 3) in 0..1; start, end: share of the schedule, 0 (noise) to 1 (clean).

    vae: for those that read their hint through one (SD 3, FLUX.1).
    """

    net: ControlNet
    hint: Tensor
    strength: float = 1.0
    start: float = 0.0
    end: float = 1.0
    vae: Vae | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON form, without the hint."""
        said = {"net": self.net.to_dict(), "strength": self.strength, "start": self.start, "end": self.end}
        return said | ({"vae": self.vae.to_dict()} if self.vae else {})

    @classmethod
    def from_dict(cls, said: Mapping[str, Any], hint: Tensor) -> Control:
        """The inverse of `to_dict`."""
        vae = Vae.from_dict(said["vae"]) if "vae" in said else None
        return cls(ControlNet.from_dict(said["net"]), hint, said["strength"], said["start"], said["end"], vae)


@dataclass(frozen=True, slots=True)
class Prompt:
    """One encoded prompt. tokens: (B, T, D); pooled: (B, P) or None.

    options: further numbers (area, strength, time range, size conditioning) by name, as JSON can say them;
    tensors: further tensors (masks, reference latents) by name.
    """

    tokens: Tensor
    pooled: Tensor | None = None
    controls: tuple[Control, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    tensors: Mapping[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Conditioning:
    """What guides a denoiser: one prompt, or several that are combined. `family` is that of the text encoder."""

    prompts: tuple[Prompt, ...]
    family: str = ""

    def mapped(self, **changes: Any) -> Conditioning:
        """The same conditioning with the given fields of every prompt replaced."""
        return replace(self, prompts=tuple(replace(p, **changes) for p in self.prompts))

    def to_tensors(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """See `Storable`."""
        tensors: dict[str, Tensor] = {}
        said = []
        for i, prompt in enumerate(self.prompts):
            tensors[f"{i}.tokens"] = prompt.tokens
            if prompt.pooled is not None:
                tensors[f"{i}.pooled"] = prompt.pooled
            tensors |= {f"{i}.hint.{j}": c.hint for j, c in enumerate(prompt.controls)}
            tensors |= {f"{i}.tensors.{name}": t for name, t in prompt.tensors.items()}
            controls = [c.to_dict() for c in prompt.controls]
            said.append({"controls": controls, "options": dict(prompt.options), "tensors": sorted(prompt.tensors)})
        return tensors, {"prompts": said, "family": self.family}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> Conditioning:
        """See `Storable`."""
        prompts = []
        for i, said in enumerate(meta["prompts"]):
            controls = tuple(Control.from_dict(c, tensors[f"{i}.hint.{j}"]) for j, c in enumerate(said["controls"]))
            extra = {name: tensors[f"{i}.tensors.{name}"] for name in said["tensors"]}
            prompts.append(Prompt(tensors[f"{i}.tokens"], tensors.get(f"{i}.pooled"), controls, said["options"], extra))
        return cls(tuple(prompts), meta["family"])
