"""A node that lays one transparent picture on another, by any of the rules of Porter and Duff 1984, and some more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

from calotype.node import Input, Node
from calotype.types import Image, Mask
from calotype_nodes.batches import fitted

if TYPE_CHECKING:
    from torch import Tensor

Mode = Literal[
    "add", "clear", "darken", "under", "under_atop", "under_in", "under_out", "under_over", "lighten", "multiply",
    "overlay", "screen", "over", "over_atop", "over_in", "over_out", "over_over", "xor",
]  # fmt: skip
Share = Callable[["Tensor", "Tensor"], "Tensor | float"]
SEEN = 1e-5  # opacity below which there is no colour


class Laid(NamedTuple):
    """Colours, and where they are transparent."""

    image: Image
    mask: Mask


class ImagePorterDuff(Node, category="image/compositing"):
    """Lay one transparent picture on another, by a rule of Porter and Duff."""

    under: Image
    over: Image
    under_mask: Mask = Input(doc="1 where the lower picture is transparent.")
    over_mask: Mask = Input(doc="1 where the upper picture is transparent.")
    mode: Mode = Input(default="over_over", doc="Which of both is kept, and where: over_over lays one on the other.")

    def run(self) -> Laid:
        """Lay as many as there are of all; other sizes are scaled to that of the lower picture."""
        parts = (self.under.pixels, self.over.pixels, self.under_mask.values, self.over_mask.values)
        count = min(map(len, parts))
        under, over = (x[:count, ..., :3].movedim(-1, 1) for x in parts[:2])
        masks = [fitted(x[:count, None], under, "bicubic") for x in parts[2:]]
        image, alpha = laid(under, fitted(over, under, "bicubic"), 1 - masks[0], 1 - masks[1], self.mode)
        return Laid(Image(image.movedim(1, -1).contiguous()), Mask(1 - alpha[:, 0]))


def laid(under: Tensor, over: Tensor, a: Tensor, b: Tensor, mode: Mode) -> tuple[Tensor, Tensor]:
    """Colours and opacity of both. under, over: (B, 3, H, W), not premultiplied; a, b: their opacities (B, 1, H, W)."""
    import torch

    colour, alpha = premultiplied(under * a, over * b, a, b, mode)
    colour = torch.where(alpha > SEEN, colour / alpha, torch.zeros_like(colour))
    return colour.clamp(0, 1), alpha


def premultiplied(under: Tensor, over: Tensor, a: Tensor, b: Tensor, mode: Mode) -> tuple[Tensor, Tensor]:
    """The same of colours that are multiplied with their opacities, which stay so."""
    import torch

    shares = SHARES.get(mode)
    if shares is not None:
        mine, theirs = (factor(a, b) for factor in shares)
        return under * mine + over * theirs, a * mine + b * theirs
    both = a + b - a * b
    match mode:
        case "add":
            return (under + over).clamp(0, 1), (a + b).clamp(0, 1)
        case "darken":
            return (1 - a) * over + (1 - b) * under + torch.minimum(under, over), both
        case "lighten":
            return (1 - a) * over + (1 - b) * under + torch.maximum(under, over), both
        case "multiply":
            return under * over, a * b
        case "screen":
            return under + over - under * over, both
    bright = a * b - 2 * (a - over) * (b - under)
    return torch.where(2 * under < a, 2 * over * under, bright), both


def zero(a: Tensor, b: Tensor) -> float:
    """Nothing of a picture."""
    return 0.0


def one(a: Tensor, b: Tensor) -> float:
    """All of it."""
    return 1.0


def where_under(a: Tensor, b: Tensor) -> Tensor:
    """It where the lower one is."""
    return a


def where_over(a: Tensor, b: Tensor) -> Tensor:
    """It where the upper one is."""
    return b


def beside_under(a: Tensor, b: Tensor) -> Tensor:
    """It where the lower one is not."""
    return 1 - a


def beside_over(a: Tensor, b: Tensor) -> Tensor:
    """It where the upper one is not."""
    return 1 - b


SHARES: Mapping[str, tuple[Share, Share]] = {
    "clear": (zero, zero),
    "under": (one, zero),
    "over": (zero, one),
    "under_over": (one, beside_under),
    "over_over": (beside_over, one),
    "under_in": (where_over, zero),
    "over_in": (zero, where_under),
    "under_out": (beside_over, zero),
    "over_out": (zero, beside_under),
    "under_atop": (where_over, beside_under),
    "over_atop": (beside_over, where_under),
    "xor": (beside_over, beside_under),
}
"""Mode -> how much of the lower and of the upper picture, by both opacities (Porter and Duff 1984, section 4)."""
