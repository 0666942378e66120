"""Nodes that read pictures and change their size."""

from __future__ import annotations

from typing import NamedTuple

from calotype.images import decode
from calotype.node import Context, Input, Node
from calotype.types import FileRef, Image, Mask
from calotype_nodes.scaling import Crop, ScaleMethod, scaled, wanted_size


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


class ImageScale(Node, category="image"):
    """Scale pictures to a size."""

    image: Image
    width: int = Input(default=512, ge=0, le=16384, doc="In pixels; 0 keeps the proportions.")
    height: int = Input(default=512, ge=0, le=16384, doc="In pixels; 0 keeps the proportions.")
    method: ScaleMethod = "lanczos"
    crop: Crop = Input(default="none", doc="center: cut off what does not fit the new proportions.")

    def run(self) -> Image:
        """Scale them."""
        planes = self.image.pixels.movedim(-1, 1)
        width, height = wanted_size(self.width, self.height, planes.shape[-1], planes.shape[-2])
        return Image(scaled(planes, width, height, self.method, self.crop).movedim(1, -1).contiguous())


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
