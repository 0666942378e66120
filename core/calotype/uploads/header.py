"""What a picture file says of itself, from its header and structure alone: nothing is decoded, nothing inflated.

A file that claims more than is allowed, is cut short, or is something else besides, is refused here, in milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from calotype.errors import FileError, Problem
from calotype.uploads import formats
from calotype.uploads.formats import Broken, Found
from calotype.uploads.reading import Source

START = 32  # bytes that tell what a file is
TAIL = 65_557  # bytes in which the end of a ZIP archive lies: its record and the longest comment
OTHERS = (b"<html", b"<script", b"<svg", b"<!doctype", b"<?php", b"<?xml", b"%pdf-", b"#!/", b"pk\x03\x04", b"rar!\x1a")
OTHERS_AT_START = (b"mz", b"\x7felf", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b")

Parser = Callable[[Source, int], Found]
KINDS: tuple[tuple[str, Callable[[bytes], bool], Parser], ...] = (
    ("png", lambda b: b.startswith(b"\x89PNG\r\n\x1a\n"), formats.png),
    ("jpeg", lambda b: b.startswith(b"\xff\xd8\xff"), formats.jpeg),
    ("gif", lambda b: b.startswith((b"GIF87a", b"GIF89a")), formats.gif),
    ("webp", lambda b: b[:4] == b"RIFF" and b[8:12] == b"WEBP", formats.webp),
    ("bmp", lambda b: b.startswith(b"BM"), formats.bmp),
    ("tiff", lambda b: b.startswith((b"II*\0", b"MM\0*")), formats.tiff),
)
NAMES = ("PNG", "JPEG", "GIF", "WebP", "BMP", "TIFF")
KNOWN = (
    (b"PK", "an archive"),
    (b"\x1f\x8b", "an archive"),
    (b"7z\xbc\xaf", "an archive"),
    (b"Rar!", "an archive"),
    (b"BZh", "an archive"),
    (b"\xfd7zXZ", "an archive"),
    (b"%PDF", "a PDF document"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
    (b"#!", "a script"),
    (b"\x80\x02", "a Python pickle"),
    (b"\x80\x04", "a Python pickle"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What is taken: pixels of all frames together, frames, bytes of the file."""

    pixels: int = 64_000_000
    frames: int = 64
    bytes: int = 100 * 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A picture file. kind: "png", "jpeg", ...; width, height: in pixels, as they lie in the file; workflow: whether
    text in it may be a workflow."""

    kind: str
    width: int
    height: int
    frames: int
    workflow: bool = False


def look(path: Path, bounds: Bounds, name: str = "the file") -> Header:
    """The header of a picture file. name: what messages call it.

    Raises FileError: empty, too large, no picture, cut short, damaged, too many pixels or frames, or a picture that is
    something else as well.
    """
    size = path.stat().st_size
    if size == 0:
        raise refused("empty", f"{name} is empty")
    if size > bounds.bytes:
        raise too_large(name, bounds.bytes)
    with path.open("rb") as file:
        source = Source(file, size)
        start = source.at(0, START)
        for kind, matches, parser in KINDS:
            if matches(start):
                return _header(source, kind, parser, bounds, name)
    raise refused("no-picture", f"{name} is {described(start)}", f"Send a picture: {', '.join(NAMES)}.")


def described(start: bytes) -> str:
    """What a file that is no picture seems to be, from its first bytes."""
    known = next((what for magic, what in KNOWN if start.startswith(magic)), None)
    if known:
        return f"{known}, not a picture"
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<svg", b"<?xml")):
        return "a drawing or text in XML, which is not taken, since it may hold a program"
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return "a web page, not a picture"
    return "not a picture that is known here"


def too_large(name: str, most: int) -> FileError:
    """The refusal of a file with too many bytes."""
    return refused("too-large", f"{name} is larger than {most / 1024**2:.0f} MiB")


def refused(code: str, message: str, hint: str | None = None) -> FileError:
    """One refusal with one problem."""
    problem = Problem(code=code, message=message, hint=hint)
    return FileError(str(problem), [problem])


def _header(source: Source, kind: str, parser: Parser, bounds: Bounds, name: str) -> Header:
    try:
        found = parser(source, bounds.frames)
    except Broken as error:
        raise refused("damaged", f"{name} is a damaged {kind.upper()}: {error}", "Save or send it again.") from None
    pixels = found.width * found.height * found.frames
    if found.width < 1 or found.height < 1:
        raise refused("damaged", f"{name} has no pixels: {found.width} x {found.height}")
    if found.frames > bounds.frames:
        raise refused("too-many-frames", f"{name} has more than {bounds.frames} frames", "Send fewer.")
    if pixels > bounds.pixels:
        size = f"{found.width} x {found.height}" + (f" in {found.frames} frames" if found.frames > 1 else "")
        message = f"{name} has {pixels / 1e6:.0f} megapixels ({size}); at most {bounds.pixels / 1e6:.0f} are taken"
        raise refused("too-many-pixels", message, "Scale it down first.")
    if _something_else(source, found.end):
        raise refused("two-kinds", f"{name} is a picture and another kind of file at once", "Save the picture anew.")
    return Header(kind=kind, width=found.width, height=found.height, frames=found.frames, workflow=found.text)


def _something_else(source: Source, end: int) -> bool:
    """Whether what follows the picture, or the file as a whole, reads as a page, a script, a program or an archive."""
    after = source.at(end, TAIL).lstrip(b"\0 \t\r\n").lower() + source.at(max(end, source.size - TAIL), TAIL).lower()
    if any(magic in after for magic in OTHERS) or after.startswith(OTHERS_AT_START):
        return True
    tail = source.at(max(0, source.size - TAIL), TAIL)
    at = tail.rfind(b"PK\5\6")
    return at >= 0 and at + 22 + int.from_bytes(tail[at + 20 : at + 22], "little") == len(tail)
