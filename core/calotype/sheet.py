"""A labelled sheet of the pictures of a sweep."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont, ImageFont

GAP = 8  # pixels
LONGEST_SIDE = 16_000  # pixels of a sheet
MOST_PIXELS = 60_000_000
SMALLEST = 16  # pixels of the side of a cell
EMPTY = (224, 224, 224)


def write_sheet(path: Path, cells: Sequence[tuple[str, Path | None]], columns: int) -> None:
    """Lay pictures out row by row with their labels beneath, a line each; a cell without a picture stays grey."""
    from PIL import Image, ImageDraw, ImageFont

    width, height = _cell_size([p for _, p in cells if p], len(cells), columns)
    font = ImageFont.load_default(max(9, min(14 * max(1, width // 512), width // 9)))
    line = round(font.getbbox("Ag")[3] * 1.3)
    below = line * max(len(text.splitlines()) for text, _ in cells)
    rows = math.ceil(len(cells) / columns)
    sheet = Image.new("RGB", (GAP + columns * (width + GAP), GAP + rows * (height + below + GAP)), "white")
    draw = ImageDraw.Draw(sheet)
    for i, (text, picture) in enumerate(cells):
        left, top = GAP + i % columns * (width + GAP), GAP + i // columns * (height + below + GAP)
        if picture is None:
            draw.rectangle((left, top, left + width - 1, top + height - 1), EMPTY)
        else:
            small = _opened(picture, width, height)
            sheet.paste(small, (left + (width - small.width) // 2, top + (height - small.height) // 2))
        for n, words in enumerate(text.splitlines()):
            at = (left + width / 2, top + height + (n + 0.5) * line)
            draw.text(at, _cut(words, font, width), "black", font, anchor="mm")
    temporary = path.with_name(f".{path.name}")
    sheet.save(temporary, "PNG")
    temporary.replace(path)


def _cell_size(pictures: Sequence[Path], count: int, columns: int) -> tuple[int, int]:
    """That of the largest picture, smaller where the sheet would become too large."""
    from PIL import Image

    width, height = 128, 128
    for i, path in enumerate(pictures):
        with Image.open(path) as picture:
            width, height = (picture.width, picture.height) if i == 0 else _max((width, height), picture.size)
    rows = math.ceil(count / columns)
    whole = max(columns * width, rows * height)
    scale = min(1.0, LONGEST_SIDE / whole, math.sqrt(MOST_PIXELS / (columns * width * rows * height)))
    return max(SMALLEST, int(width * scale)), max(SMALLEST, int(height * scale))


def _max(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return max(one[0], other[0]), max(one[1], other[1])


def _opened(path: Path, width: int, height: int) -> Image:
    """The picture on white, no larger than its cell."""
    from PIL import Image

    with Image.open(path) as picture:
        small = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    small.thumbnail((width, height))
    if small.mode == "RGB":
        return small
    flat = Image.new("RGB", small.size, "white")
    flat.paste(small, mask=small.getchannel("A"))
    return flat


def _cut(text: str, font: FreeTypeFont | ImageFont, width: int) -> str:
    line = " ".join(text.split())
    while len(line) > 1 and font.getlength(line) > width:
        line = line.rstrip("…")[:-1].rstrip() + "…"
    return line
