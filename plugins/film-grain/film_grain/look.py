"""A look: the settings of a colour grade as one value that travels on links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

LUMA = (0.2126, 0.7152, 0.0722)  # Rec. 709


@dataclass(frozen=True, slots=True)
class Look:
    """How a picture is graded; the defaults change nothing.

    lift: added to the shadows. gamma: of the middle tones, above 1 is brighter. gain: factor of the lights.
    saturation: 0 is grey. temperature: -1 (blue) to 1 (amber).
    """

    lift: float = 0.0
    gamma: float = 1.0
    gain: float = 1.0
    saturation: float = 1.0
    temperature: float = 0.0

    def mixed(self, other: Look, share: float) -> Look:
        """`share` of the other look, the rest of this one."""
        return Look(*(getattr(self, f.name) * (1 - share) + getattr(other, f.name) * share for f in fields(Look)))

    def applied(self, colour: Tensor) -> Tensor:
        """Graded pixels; (..., 3) in 0..1, as they come back."""
        warmth = colour.new_tensor([2 ** (self.temperature / 4), 1.0, 2 ** (-self.temperature / 4)])
        luma = colour.new_tensor(LUMA)
        warmth = warmth / (warmth * luma).sum()  # a grey keeps its brightness
        colour = colour * warmth
        colour = (self.gain * (colour + self.lift * (1 - colour))).clamp(0, 1) ** (1 / self.gamma)
        grey = (colour * luma).sum(-1, keepdim=True)
        return (grey + self.saturation * (colour - grey)).clamp(0, 1)

    def to_tensors(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """For the store: numbers only, no tensors."""
        return {}, asdict(self)

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> Look:
        """The inverse of `to_tensors`."""
        return cls(**meta)


PRESETS = {
    "neutral": Look(),
    "bleached": Look(gamma=0.9, gain=1.15, saturation=0.45),
    "faded": Look(lift=0.12, gain=0.92, saturation=0.75, temperature=0.15),
    "golden": Look(gamma=1.05, saturation=1.15, temperature=0.7),
    "moonlight": Look(gamma=0.8, gain=0.85, saturation=0.6, temperature=-0.8),
    "black and white": Look(gamma=1.05, gain=1.05, saturation=0.0),
}
