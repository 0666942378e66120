"""Decode one picture and write it anew, in a process of its own, within limits: `python -m calotype.uploads.recode`.

What comes out has the same pixels and transparency, upright, and nothing else of what went in: no metadata, no text,
nothing hidden behind the end. A single picture becomes PNG, several frames become TIFF, which keeps each as it is.
"""

from __future__ import annotations

import errno
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

SECONDS = 60  # of the processor
MEMORY = 3 * 1024**3  # bytes of addresses: 64 megapixels several times over
WRITTEN = 1024**3  # bytes of one file
DAMAGED, NO_DISK = 3, 4  # exit codes: what was sent is no good; the disk refused
LONG_TEXT = 256 * 1024**2  # bytes of text in a PNG: workflows there may be long, and are thrown away


def main(source: str, target: str, pixels: str, frames: str) -> int:
    """Write `target`, and say what it is as JSON; what is wrong goes to stderr in one line, with an exit code."""
    _limit()
    from PIL import Image, ImageSequence, PngImagePlugin

    Image.MAX_IMAGE_PIXELS = int(pixels)
    PngImagePlugin.MAX_TEXT_CHUNK = PngImagePlugin.MAX_TEXT_MEMORY = LONG_TEXT
    try:
        with Image.open(source, formats=("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF")) as picture:
            if picture.width * picture.height * getattr(picture, "n_frames", 1) > int(pixels):
                raise ValueError("it has too many pixels")
            if getattr(picture, "n_frames", 1) > int(frames):
                raise ValueError("it has too many frames")
            size = picture.size
            plain = [_plain(f) for f in ImageSequence.Iterator(picture) if f.size == size]
        _write(plain, Path(target))
    except (
        OSError,
        SyntaxError,
        ValueError,
        EOFError,
        MemoryError,
        Image.DecompressionBombError,
        OverflowError,
    ) as error:
        print(" ".join(str(error or "not enough memory").split()), file=sys.stderr)
        return NO_DISK if _of_the_disk(error) else DAMAGED
    first = plain[0]
    said = {
        "width": first.width,
        "height": first.height,
        "frames": len(plain),
        "alpha": any("A" in p.mode for p in plain),
    }
    print(json.dumps(said | {"suffix": _suffix(plain)}))
    return 0


def _of_the_disk(error: Exception) -> bool:
    """Whether the system refused to read or write; a decoder's own words have no number, nor has our limit this one."""
    return isinstance(error, OSError) and error.errno not in (None, errno.EFBIG)


def _suffix(frames: list[Picture]) -> str:
    return "tiff" if len(frames) > 1 or frames[0].mode == "F" else "png"


def _plain(frame: Picture) -> Picture:
    """The frame upright, in a mode that a node reads as it would have read the file."""
    from PIL import ImageOps

    upright = ImageOps.exif_transpose(frame)
    if upright.mode.startswith("I"):
        return upright.convert("I").point(lambda v: v).convert("I;16") if upright.mode != "I;16" else upright.copy()
    if upright.mode == "F":
        return upright.copy()
    clear = "A" in upright.getbands() or "transparency" in upright.info
    return upright.convert("RGBA" if clear else "RGB")


def _write(frames: list[Picture], target: Path) -> None:
    for frame in frames:
        frame.info.clear()
    first, *others = frames
    if _suffix(frames) == "png":
        first.save(target, "PNG", compress_level=3)
    else:
        first.save(target, "TIFF", save_all=True, append_images=others, compression="tiff_deflate")


def _limit() -> None:
    """What this process may use, where the system can say so."""
    try:
        import resource
    except ImportError:
        return
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, WRITTEN),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        resource.setrlimit(what, (most if hard < 0 else min(most, hard), hard))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:5]))
