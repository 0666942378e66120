"""Contact sheets: pictures in a grid, with a line of text under each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

TEXT_SIZE = 14  # pixels
BACKGROUND = 1.0

Colour = tuple[float, float, float]


def sheet(pictures: Sequence[Tensor], labels: Sequence[str], columns: int, gap: int) -> Tensor:
    """One picture (H, W, 3) of many (h, w, 3 or 4), row by row on white.

    columns: 0 makes it about square. Labels go to the pictures in order; a sheet without any has no room for them.
    """
    import torch

    columns = min(columns or math.ceil(math.sqrt(len(pictures))), len(pictures))
    height, width = (max(p.shape[side] for p in pictures) for side in (0, 1))
    below = text_height(width) if labels else 0
    step_y, step_x = height + below + gap, width + gap
    out = torch.full((math.ceil(len(pictures) / columns) * step_y + gap, columns * step_x + gap, 3), BACKGROUND)
    for i, picture in enumerate(pictures):
        top, left = gap + i // columns * step_y, gap + i % columns * step_x
        y, x = top + (height - picture.shape[0]) // 2, left + (width - picture.shape[1]) // 2
        out[y : y + picture.shape[0], x : x + picture.shape[1]] = on_white(picture)
        if i < len(labels):
            out[top + height : top + height + below, left : left + width] = lettering(labels[i], width, below)
    return out


def on_white(picture: Tensor) -> Tensor:
    """The picture without transparency."""
    if picture.shape[-1] == 3:
        return picture
    alpha = picture[..., 3:]
    return picture[..., :3] * alpha + BACKGROUND * (1 - alpha)


def text_height(width: int) -> int:
    """Room for a line of text under a picture of that width, in pixels."""
    return round(1.5 * _text_size(width))


def lettering(text: str, width: int, height: int) -> Tensor:
    """A line of text, black on white, (height, width, 3); cut off with three dots where it is too long."""
    import numpy as np
    import torch
    from PIL import Image, ImageDraw, ImageFont

    canvas = Image.new("L", (width, height), 255)
    draw, font = ImageDraw.Draw(canvas), ImageFont.load_default(_text_size(width))
    line = " ".join(text.split())
    while draw.textlength(line, font) > width and len(line) > 1:
        line = line.rstrip("…")[:-1].rstrip() + "…"
    draw.text((width / 2, height / 2), line, 0, font, anchor="mm")
    grey = torch.from_numpy(np.array(canvas, np.float32) / 255)
    return grey[..., None].expand(-1, -1, 3)


def _text_size(width: int) -> int:
    return max(9, min(TEXT_SIZE * max(1, width // 512), width // 9))


def alike(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Two batches of pictures with as many channels and pictures: the last of the shorter one is repeated."""
    import torch

    from calotype_nodes.batches import same_channels

    channels, count = max(first.shape[-1], second.shape[-1]), max(len(first), len(second))
    one, other = (same_channels(x, channels)[torch.arange(count).clamp(max=len(x) - 1)] for x in (first, second))
    return one, other


def to_side(pixels: Tensor, other: Tensor, across: bool) -> Tensor:
    """Pixels scaled, in proportion, so that they stand beside (across) or under `other`; rounded down."""
    from calotype_nodes.scaling import scaled

    share = pixels.shape[2] / pixels.shape[1]
    wide, high = (other.shape[1] * share, other.shape[1]) if across else (other.shape[2], other.shape[2] / share)
    wide, high = (max(1, int(side)) for side in (wide, high))
    return scaled(pixels.movedim(-1, 1), wide, high, "lanczos").movedim(1, -1)


def stitched(
    first: Tensor, second: Tensor, *, across: bool, gap: int, colour: Colour, padding: Colour | None = None
) -> Tensor:
    """Two batches (B, H, W, C) in one, beside or under each other; what is shorter stands in the middle.

    colour: of the gap, and of what is beside the shorter one unless `padding` says another.
    """
    import torch

    along, other = (2, 1) if across else (1, 2)
    longest = max(first.shape[other], second.shape[other])
    shape = list(first.shape)
    shape[along], shape[other] = first.shape[along] + gap + second.shape[along], longest
    out = torch.ones(shape)
    out[..., :3] = torch.tensor(colour if padding is None else padding)
    out.narrow(along, first.shape[along], gap)[..., :3] = torch.tensor(colour)
    for start, part in ((0, first), (first.shape[along] + gap, second)):
        space = (longest - part.shape[other]) // 2
        out.narrow(along, start, part.shape[along]).narrow(other, space, part.shape[other]).copy_(part)
    return out
