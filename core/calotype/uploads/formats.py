"""The structure of picture formats, as far as it says size, frames and where the file ends.

PNG: W3C PNG (third edition); JPEG: ITU T.81; GIF: GIF89a; WebP: RFC 9649; TIFF: revision 6.0.
"""

from __future__ import annotations

from dataclasses import dataclass

from calotype.uploads.reading import Source

MOST_SCANS = 100  # of a JPEG: each is decoded over the whole picture
MOST_PARTS = 20_000  # chunks or blocks of a file; of a GIF, whose blocks are tiny, more by its size
FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})  # markers that begin a JPEG's frame
WORKFLOW = (b"calotype\0", b"workflow\0", b"prompt\0", b"parameters\0")  # keywords that programs put a workflow under


class Broken(Exception):
    """The structure does not hold."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the structure says. end: the byte after the picture; text: whether there is text that may be a workflow."""

    width: int
    height: int
    frames: int
    end: int
    text: bool = False


def png(source: Source, most: int) -> Found:
    """Chunk by chunk to the end."""
    place, frames, text, data = 8, 1, False, False
    width, height = source.number(16, 4), source.number(20, 4)
    if source.at(12, 4) != b"IHDR":
        raise Broken("it does not begin with its header")
    for _ in range(MOST_PARTS):
        size, kind = source.number(place, 4), source.at(place + 4, 4)
        if kind == b"acTL":
            frames = max(1, source.number(place + 8, 4))
        elif kind in (b"tEXt", b"zTXt", b"iTXt"):
            text = text or source.at(place + 8, 12).startswith(WORKFLOW)
        data = data or kind == b"IDAT"
        place += 12 + size
        if place > source.size or len(kind) < 4:
            raise Broken("it is cut short")
        if kind == b"IEND":
            if not data:
                raise Broken("it has no pixels")
            return Found(width, height, frames, place, text)
    raise Broken("it has too many parts")


def jpeg(source: Source, most: int) -> Found:
    """Segments up to the first scan, then the marker of the end."""
    place, width, height, progressive = 2, 0, 0, False
    for _ in range(MOST_PARTS):
        mark = source.at(place, 2)
        if len(mark) < 2:
            raise Broken("it is cut short")
        if mark[0] != 0xFF:
            raise Broken("its parts do not follow each other")
        if mark[1] == 0xFF:  # filling
            place += 1
            continue
        if mark[1] in FRAMES:
            height, width = source.number(place + 5, 2), source.number(place + 7, 2)
            progressive = mark[1] in (0xC2, 0xC6, 0xCA, 0xCE)
        if mark[1] == 0xDA:
            break
        place += 2 + max(2, source.number(place + 2, 2))
    end = source.last(b"\xff\xd9", place)
    if end < 0:
        raise Broken("it is cut short")
    if progressive and sum(piece.count(b"\xff\xda") for _, piece in source.windows(place, 1)) > MOST_SCANS:
        raise Broken(f"it has more than {MOST_SCANS} scans")
    return Found(width, height, 1, end + 2)


def gif(source: Source, most: int) -> Found:
    """Block by block to the trailer; counting stops when there are too many frames."""
    width, height, flags = source.number(6, 2, "little"), source.number(8, 2, "little"), source.number(10, 1)
    place, frames, steps = 13 + _table(flags), 0, 0
    while frames <= most:
        kind = source.at(place, 1)
        if kind == b"\x3b":
            return Found(width, height, max(1, frames), place + 1)
        if kind == b"\x2c":
            frames += 1
            width = max(width, source.number(place + 1, 2, "little") + source.number(place + 5, 2, "little"))
            height = max(height, source.number(place + 3, 2, "little") + source.number(place + 7, 2, "little"))
            place += 11 + _table(source.number(place + 9, 1))
        elif kind == b"\x21":
            place += 2
        else:
            raise Broken("it is cut short" if not kind else "its blocks do not follow each other")
        while (size := source.number(place, 1)) and place < source.size:
            place, steps = place + 1 + size, steps + 1
            if steps > MOST_PARTS + source.size // 200:
                raise Broken("it has too many parts")
        place += 1
    return Found(width, height, frames, place)


def _table(flags: int) -> int:
    """Bytes of a table of colours."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def webp(source: Source, most: int) -> Found:
    """Chunk by chunk; animations say their size first."""
    end = 8 + source.number(4, 4, "little")
    if end > source.size:
        raise Broken("it is cut short")
    place, width, height, frames = 12, 0, 0, 0
    while place + 8 <= end and frames <= most:
        kind, size = source.at(place, 4), source.number(place + 4, 4, "little")
        body = place + 8
        if kind == b"VP8X":
            width, height = source.number(body + 4, 3, "little") + 1, source.number(body + 7, 3, "little") + 1
        elif kind == b"VP8 ":
            wide = source.number(body + 6, 2, "little") & 0x3FFF, source.number(body + 8, 2, "little") & 0x3FFF
            width, height = max(width, wide[0]), max(height, wide[1])
        elif kind == b"VP8L":
            bits = source.number(body + 1, 4, "little")
            width, height = max(width, (bits & 0x3FFF) + 1), max(height, (bits >> 14 & 0x3FFF) + 1)
        frames += kind == b"ANMF"
        place = body + size + size % 2
    if place - 1 > end:
        raise Broken("it is cut short")
    return Found(width, height, max(1, frames), end)


def bmp(source: Source, most: int) -> Found:
    """The header says it all."""
    offset, header = source.number(10, 4, "little"), source.number(14, 4, "little")
    if header not in (12, 40, 52, 56, 64, 108, 124) or offset > source.size:
        raise Broken("its header is not one of a bitmap")
    wide = 2 if header == 12 else 4
    width, height = source.number(18, wide, "little"), source.number(18 + wide, wide, "little")
    height = height if height < 1 << 31 or wide == 2 else (1 << 32) - height  # from top to bottom
    depth, packed = source.number(18 + 2 * wide + 2, 2, "little"), source.number(30, 4, "little") if wide == 4 else 0
    if packed in (0, 3, 6) and offset + (width * depth + 31) // 32 * 4 * height > source.size:
        raise Broken("it is cut short")
    return Found(width, height, 1, source.size)


def tiff(source: Source, most: int) -> Found:
    """Directory by directory."""
    order = "little" if source.at(0, 2) == b"II" else "big"
    place, width, height, frames = source.number(4, 4, order), 0, 0, 0
    while place and frames <= most:
        count = source.number(place, 2, order)
        if place + 2 + 12 * count + 4 > source.size or not count:
            raise Broken("it is cut short")
        for at in range(place + 2, place + 2 + 12 * min(count, 1000), 12):
            tag, kind = source.number(at, 2, order), source.number(at + 2, 2, order)
            value = source.number(at + 8, 2 if kind == 3 else 4, order)
            width, height = (
                (max(width, value), height)
                if tag == 256
                else (width, max(height, value))
                if tag == 257
                else (width, height)
            )
        frames, place = frames + 1, source.number(place + 2 + 12 * count, 4, order)
    return Found(width, height, frames, source.size)
