"""Between the units of an autoencoder and those of a denoiser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class LatentFormat:
    """A family's latents: `channels`, and the affine map that gives a denoiser latents of about unit variance.

    factor: pixels per latent cell along each side; frames: whether they have an axis of time, (B, C, T, h, w).
    """

    channels: int = 4
    scale: float = 1.0
    shift: float = 0.0
    factor: int = 8
    frames: bool = False

    def into_model(self, samples: Tensor) -> Tensor:
        """Latents as the denoiser sees them. samples: (B, C, h, w) in the autoencoder's units."""
        return (samples - self.shift) * self.scale if self.shift else samples * self.scale

    def out_of_model(self, samples: Tensor) -> Tensor:
        """The inverse of `into_model`."""
        return samples / self.scale + self.shift if self.shift else samples / self.scale

    def empty(self, samples: Tensor) -> Tensor:
        """Zeros in the model's units for an empty latent, which may have been made for another family.

        samples: (B, C', h, w) or (B, C', T, h, w), of cells of 8 pixels unless they have this format's channels.
        """
        height, width = samples.shape[-2:]
        if samples.shape[1] != self.channels:
            height, width = (side * 8 // self.factor for side in (height, width))
        times = samples.shape[2:-2] or ((1,) if self.frames else ())
        return samples.new_zeros(samples.shape[0], self.channels, *times, height, width)
