"""Nodes that read pictures, change their size, and put them side by side."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from calotype.images import decode
from calotype.node import Context, Input, Node
from calotype.types import FileRef, Image, Mask
from calotype_nodes.colours import parse
from calotype_nodes.scaling import Crop, ScaleMethod, scaled, wanted_size

KONTEXT_SIDES = (
    (672, 1568), (688, 1504), (720, 1456), (752, 1392), (800, 1328), (832, 1248), (880, 1184), (944, 1104),
    (1024, 1024),
)  # fmt: skip
KONTEXT_SIZES = (*KONTEXT_SIDES, *((height, width) for width, height in KONTEXT_SIDES[:-1]))
"""Widths and heights as Black Forest Labs gives them, upright and lying."""


class Loaded(NamedTuple):
    """A picture, and where it is transparent."""

    image: Image
    mask: Mask


class LoadImage(Node, category="image"):
    """Read a picture file, upright as its camera says. The mask is 1 where the picture is transparent."""

    lane = "io"

    file: FileRef = Input(folder="input")

    def run(self, ctx: Context) -> Loaded:
        """Decode it; every frame of a file with several is one image of the batch."""
        import torch

        pixels = torch.from_numpy(decode(ctx.path(self.file)))
        clear = 1 - pixels[..., 3] if pixels.shape[-1] == 4 else torch.zeros(pixels.shape[:3])
        return Loaded(Image(pixels[..., :3].contiguous()), Mask(clear))


class LoadMask(Node, category="mask"):
    """Read a mask from one channel of a picture file."""

    lane = "io"

    file: FileRef = Input(folder="input")
    channel: Literal["alpha", "red", "green", "blue"] = Input(
        default="alpha", doc="alpha: 1 where the picture is transparent; a colour: 1 where it is full."
    )

    def run(self, ctx: Context) -> Mask:
        """Decode it; a picture without transparency gives an empty mask."""
        import torch

        pixels = torch.from_numpy(decode(ctx.path(self.file)))
        if self.channel != "alpha":
            return Mask(pixels[..., ("red", "green", "blue").index(self.channel)].contiguous())
        return Mask(1 - pixels[..., 3] if pixels.shape[-1] == 4 else torch.zeros(pixels.shape[:3]))


class SolidImage(Node, category="image"):
    """A picture of one colour."""

    width: int = Input(default=512, ge=1, le=16384)
    height: int = Input(default=512, ge=1, le=16384)
    batch_size: int = Input(default=1, ge=1, le=4096)
    colour: str = Input(default="#000000", doc="As #rrggbb, or a plain name.")

    def run(self) -> Image:
        """Fill it."""
        import torch

        colour = torch.tensor(parse(self.colour))
        return Image(colour.expand(self.batch_size, self.height, self.width, 3).contiguous())


class ImageScale(Node, category="image"):
    """Scale pictures to a size."""

    image: Image
    width: int = Input(default=512, ge=0, le=16384, doc="In pixels; 0 keeps the proportions.")
    height: int = Input(default=512, ge=0, le=16384, doc="In pixels; 0 keeps the proportions.")
    method: ScaleMethod = "lanczos"
    crop: Crop = Input(default="none", doc="center: cut off what does not fit the new proportions.")

    def run(self) -> Image:
        """Scale them."""
        height, width = self.image.pixels.shape[1:3]
        return resized(self.image, *wanted_size(self.width, self.height, width, height), self.method, self.crop)


class ImageScaleBy(Node, category="image"):
    """Scale pictures by a factor."""

    image: Image
    factor: float = Input(default=2.0, ge=0.01, le=16, step=0.01)
    method: ScaleMethod = "lanczos"

    def run(self) -> Image:
        """Scale them."""
        return scaled_by(self.image, self.factor, self.method)


class ImageScaleToPixels(Node, category="image"):
    """Scale pictures to a number of pixels, and keep their proportions."""

    image: Image
    megapixels: float = Input(default=1.0, ge=0.01, le=64, step=0.01, doc="Of 1024 x 1024 pixels.")
    method: ScaleMethod = "lanczos"

    def run(self) -> Image:
        """Scale them."""
        height, width = self.image.pixels.shape[1:3]
        return scaled_by(self.image, math.sqrt(int(self.megapixels * 1024 * 1024) / (width * height)), self.method)


class ImageScaleToSide(Node, category="image"):
    """Scale pictures so that their longer side has a length, and keep their proportions."""

    image: Image
    longest: int = Input(default=512, ge=1, le=16384, doc="In pixels.")
    method: ScaleMethod = "lanczos"

    def run(self) -> Image:
        """Scale them."""
        return scaled_by(self.image, self.longest / max(self.image.pixels.shape[1:3]), self.method)


class ImageScaleForKontext(Node, category="image"):
    """Scale pictures to the nearest of the sizes that FLUX.1 Kontext was trained with; what stands out is cut off."""

    image: Image

    def run(self) -> Image:
        """Scale them by lanczos."""
        planes = self.image.pixels.movedim(-1, 1)
        aspect = planes.shape[-1] / planes.shape[-2]
        _, width, height = min((abs(aspect - w / h), w, h) for w, h in KONTEXT_SIZES)
        return Image(scaled(planes, width, height, "lanczos", "center").movedim(1, -1))


class ImageFit(Node, category="image"):
    """Scale pictures to fit into a frame, and fill what is left of it with a colour."""

    image: Image
    width: int = Input(default=512, ge=1, le=16384)
    height: int = Input(default=512, ge=1, le=16384)
    method: ScaleMethod = "lanczos"
    colour: str = Input(default="#000000", doc="As #rrggbb, or a plain name.")

    def run(self) -> Image:
        """Scale them, and lay them into the middle."""
        import torch

        old_height, old_width = self.image.pixels.shape[1:3]
        factor = min(self.width / old_width, self.height / old_height)
        pixels = resized(
            self.image, max(1, int(old_width * factor)), max(1, int(old_height * factor)), self.method
        ).pixels
        out = torch.ones(len(pixels), self.height, self.width, pixels.shape[-1])
        out[..., :3] = torch.tensor(parse(self.colour))
        top, left = (self.height - pixels.shape[1]) // 2, (self.width - pixels.shape[2]) // 2
        out[:, top : top + pixels.shape[1], left : left + pixels.shape[2]] = pixels
        return Image(out)


class ImageGrid(Node, category="image"):
    """Lay pictures out in one sheet, with labels under them."""

    images: tuple[Image | list[Image], ...] = Input(least=1, doc="Pictures, batches or lists of them, in order.")
    labels: tuple[str | list[str], ...] = Input(default=(), doc="One a picture, in the same order.")
    columns: int = Input(default=0, ge=0, le=1000, doc="0 makes the sheet about square.")
    gap: int = Input(default=4, ge=0, le=256, doc="Between pictures, in pixels.")

    def run(self) -> Image:
        """Lay them out; smaller pictures stand in the middle of their cell."""
        from calotype_nodes.sheets import sheet

        batches = [one for item in self.images for one in (item if isinstance(item, list) else [item])]
        labels = [text for item in self.labels for text in ([item] if isinstance(item, str) else item)]
        return Image(sheet([p for one in batches for p in one.pixels], labels, self.columns, self.gap)[None])


class ImageStitch(Node, category="image"):
    """Put one picture beside another."""

    image: Image
    other: Image | None = None
    side: Literal["right", "below", "left", "above"] = "right"
    match_size: bool = Input(default=True, doc="Scale the other picture to the shared side; else it is padded.")
    gap: int = Input(default=0, ge=0, le=1024, doc="In pixels.")
    colour: str = Input(default="white", doc="Of the gap and the padding.")
    padding: str = Input(default="", doc="Another colour of the padding.")

    def run(self) -> Image:
        """Join them; without another picture the first stays as it is."""
        from calotype_nodes.sheets import alike, stitched, to_side

        if self.other is None:
            return self.image
        first, second = alike(self.image.pixels, self.other.pixels)
        across = self.side in ("right", "left")
        if self.match_size:
            second = to_side(second, first, across)
        pair = (first, second) if self.side in ("right", "below") else (second, first)
        padding = parse(self.padding) if self.padding else None
        return Image(stitched(*pair, across=across, gap=self.gap, colour=parse(self.colour), padding=padding))


class Size(NamedTuple):
    """Of pictures, in pixels, and their number."""

    width: int
    height: int
    batch_size: int


class GetImageSize(Node, category="image"):
    """Tell the size of pictures and their number."""

    image: Image

    def run(self) -> Size:
        """Look at the shape."""
        batch, height, width = self.image.pixels.shape[:3]
        return Size(width, height, batch)


def resized(image: Image, width: int, height: int, method: str, crop: str = "none") -> Image:
    """Pictures at a size."""
    planes = image.pixels.movedim(-1, 1)
    return Image(scaled(planes, width, height, method, crop).movedim(1, -1).contiguous())


def scaled_by(image: Image, factor: float, method: str) -> Image:
    """Pictures with both sides times a factor, to whole pixels."""
    height, width = (max(1, round(side * factor)) for side in image.pixels.shape[1:3])
    return resized(image, width, height, method)
