"""Nodes that hand files to the user. They only encode; the host writes, and adds the record of the run."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, TypeVar

from calotype.images import encode_animation, encode_jpeg, encode_png
from calotype.node import Context, Input, Node
from calotype.types import Artifact, Image, Mask, Saved, tensors_of

if TYPE_CHECKING:
    from torch import Tensor

T = TypeVar("T")

LONGEST = 100  # characters of a name
PREVIEW_SIDE = 1024  # pixels


class SaveImage(Node, category="output"):
    """Save pictures as PNG, one file for each of a batch; the record of the run is written into them."""

    output = True
    lane = "io"

    images: Image
    prefix: str = "image"

    def run(self, ctx: Context) -> Saved:
        """Encode them."""
        pictures = to_bytes(self.images.pixels, ctx)
        name = file_name(self.prefix, "png")
        return Saved(tuple(Artifact(name, "image/png", encode_png(p)) for p in pictures))


class PreviewImage(Node, category="output"):
    """Show pictures, small and quick; nothing is kept beside the run."""

    output = True
    lane = "io"

    images: Image

    def run(self, ctx: Context) -> Saved:
        """Encode them as JPEG of at most 1024 pixels a side; transparent ones as PNG."""
        pictures = to_bytes(self.images.pixels, ctx)
        if self.images.pixels.shape[-1] == 4:
            return Saved(tuple(Artifact("preview.png", "image/png", encode_png(p)) for p in pictures), kept=False)
        small = (encode_jpeg(p, largest=PREVIEW_SIDE) for p in pictures)
        return Saved(tuple(Artifact("preview.jpg", "image/jpeg", file) for file in small), kept=False)


class PreviewMask(Node, category="output"):
    """Show masks as grey pictures, white inside; nothing is kept beside the run."""

    output = True
    lane = "io"

    mask: Mask

    def run(self, ctx: Context) -> Saved:
        """Encode them as `PreviewImage` does."""
        return PreviewImage(images=Image(self.mask.values[..., None].expand(-1, -1, -1, 3))).run(ctx)


class Shown(NamedTuple):
    """A text, and the same for the user to see."""

    text: str
    saved: Saved


class PreviewText(Node, Generic[T], category="output"):
    """Show a value as a text; nothing is kept beside the run."""

    output = True
    lane = "io"

    value: T

    same_family = False

    def run(self) -> Shown:
        """Words and numbers as they are, lists of them as JSON; of anything else its kind and its shapes."""
        text = said_of(self.value)
        return Shown(text, Saved((Artifact("preview.txt", "text/plain", text.encode()),), kept=False))


class SaveAnimation(Node, category="output"):
    """Save a batch of pictures as one moving picture."""

    output = True
    lane = "io"

    images: Image
    prefix: str = "animation"
    format: Literal["webp", "png", "gif"] = "webp"
    frames_per_second: float = Input(default=8.0, ge=0.1, le=100)
    quality: int = Input(default=90, ge=1, le=100, doc="Of webp; 100 loses nothing.")

    def run(self, ctx: Context) -> Saved:
        """Encode it, to repeat for ever."""
        frames = to_bytes(self.images.pixels, ctx)
        data = encode_animation(frames, self.format, self.frames_per_second, self.quality)
        return Saved((Artifact(file_name(self.prefix, self.format), f"image/{self.format}", data),))


class SaveText(Node, category="output"):
    """Save a text."""

    output = True
    lane = "io"

    text: str = Input(default="", multiline=True)
    prefix: str = "text"

    def run(self) -> Saved:
        """Encode it as UTF-8."""
        return Saved((Artifact(file_name(self.prefix, "txt"), "text/plain", self.text.encode()),))


def said_of(value: object) -> str:
    """A value as a text for people."""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        shapes = ", ".join(" x ".join(map(str, tensor.shape)) or "a number" for tensor in tensors_of(value))
        kind = f"list of {len(value)}" if isinstance(value, list) else type(value).__name__
        return f"{kind}: {shapes}" if shapes else kind


def to_bytes(pixels: Tensor, ctx: Context) -> list[Any]:
    """Pixels in 0..1, (B, H, W, C), as B arrays of bytes (H, W, C): 255 x, clipped, then cut to whole numbers.

    Values that are not numbers become black, with a warning.
    """
    import torch

    if pixels.isnan().any():
        ctx.warn("the picture has values that are not numbers (NaN); they are saved as black")
        pixels = pixels.nan_to_num(0.0)
    return [(255.0 * one).clamp(0, 255).to(torch.uint8).cpu().numpy() for one in pixels]


def file_name(prefix: str, extension: str) -> str:
    """A plain file name that begins with a prefix; what has no place in one becomes an underscore."""
    stem = re.sub(r"[^\w .()+,=@-]", "_", prefix)[:LONGEST].strip(" .") or "image"
    return f"{stem}.{extension}"
