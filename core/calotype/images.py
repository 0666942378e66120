"""Pictures as files: pixels to PNG or JPEG and back, and text inside PNG bytes beside untouched pixels. No torch."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.errors import FileError

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image as Picture

    Bytes = np.ndarray[Any, np.dtype[np.uint8]]
    Floats = np.ndarray[Any, np.dtype[np.float32]]

MAX_PIXELS = 64_000_000  # of one file, over all its frames
MAX_TEXT = 64_000_000  # bytes of one inflated text chunk
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def encode_png(pixels: Bytes, level: int = 1) -> bytes:
    """A PNG of pixels (H, W, 3 or 4). level: zlib's, 0 to 9; 1 takes a quarter of the time of 6 for a tenth more."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", compress_level=level)
    return out.getvalue()


def encode_jpeg(pixels: Bytes, quality: int = 90, largest: int | None = None) -> bytes:
    """A JPEG of pixels (H, W, 3), scaled down so that no side is over `largest`."""
    from PIL import Image

    picture = Image.fromarray(pixels)
    if largest is not None:
        picture.thumbnail((largest, largest))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()


def encode_animation(frames: Sequence[Bytes], kind: str, per_second: float, quality: int = 90) -> bytes:
    """Frames (H, W, 3 or 4) as a moving picture that repeats for ever. kind: "webp", "png", "gif"."""
    from PIL import Image

    first, *others = (Image.fromarray(frame) for frame in frames)
    out = io.BytesIO()
    how = {"quality": quality, "lossless": quality == 100} if kind == "webp" else {}
    first.save(out, kind, save_all=True, append_images=others, duration=1000 / per_second, loop=0, **how)
    return out.getvalue()


def decode(path: Path, limit: int = MAX_PIXELS) -> Floats:
    """The frames of a picture file: (B, H, W, 3), or 4 where it has transparency; 0..1, upright as EXIF says.

    Raises FileError if it is no picture, is damaged, or has more than `limit` pixels.
    """
    import numpy as np
    from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

    try:
        with Image.open(path) as picture:
            _check_size(path, picture, limit)
            shape = picture.size
            frames = [ImageOps.exif_transpose(f) for f in ImageSequence.Iterator(picture) if f.size == shape]
            arrays = [_floats(f) for f in frames]
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError, EOFError) as error:
        raise FileError(f'"{path.name}" is not a picture that can be read: {error}') from error
    channels = max(a.shape[-1] for a in arrays)
    return np.stack([a if a.shape[-1] == channels else _opaque(a) for a in arrays])


def _check_size(path: Path, picture: Picture, limit: int) -> None:
    pixels = picture.width * picture.height * getattr(picture, "n_frames", 1)
    if pixels > limit:
        size = f"{picture.width} x {picture.height}"
        raise FileError(
            f'"{path.name}" has {pixels / 1e6:.0f} megapixels ({size}); at most {limit / 1e6:.0f} are read. '
            "Scale it down first."
        )


def _floats(frame: Picture) -> Floats:
    """(H, W, 3 or 4) in 0..1."""
    import numpy as np

    if frame.mode.startswith("I") or frame.mode == "F":  # grey, 16 bit or floating
        grey = np.asarray(frame, np.float32) / (65535.0 if frame.mode != "F" else 1.0)
        return np.repeat(grey[..., None].clip(0, 1), 3, -1)
    clear = "A" in frame.getbands() or "transparency" in frame.info
    return np.asarray(frame.convert("RGBA" if clear else "RGB"), np.float32) / 255.0


def _opaque(pixels: Floats) -> Floats:
    import numpy as np

    return np.concatenate([pixels, np.ones_like(pixels[..., :1])], -1)


def with_text(png: bytes, keyword: str, text: str) -> bytes:
    """The PNG with a text chunk after its header, in place of one of that keyword; the pixels stay byte for byte.

    keyword: 1 to 79 printable Latin-1 characters. Raises FileError if `png` is not a PNG.
    """
    name = keyword.encode("latin-1")
    if not 1 <= len(name) <= 79 or not keyword.isprintable():
        raise ValueError(f"{keyword!r} is not a PNG keyword: 1 to 79 printable Latin-1 characters")
    body = (b"tEXt", name + b"\0" + text.encode("ascii")) if text.isascii() else (b"iTXt", _international(name, text))
    parts = [SIGNATURE]
    for kind, data in _chunks(png):
        if kind in (b"tEXt", b"zTXt", b"iTXt") and data.partition(b"\0")[0] == name:
            continue
        parts.append(_chunk(kind, data))
        if kind == b"IHDR":
            parts.append(_chunk(*body))
    return b"".join(parts)


def without_text(png: bytes, keyword: str) -> bytes:
    """The PNG without its text of that keyword. Raises FileError if `png` is not a PNG."""
    name = keyword.encode("latin-1")
    kept = [
        (kind, data)
        for kind, data in _chunks(png)
        if kind not in (b"tEXt", b"zTXt", b"iTXt") or data.partition(b"\0")[0] != name
    ]
    return SIGNATURE + b"".join(_chunk(kind, data) for kind, data in kept)


def text_of(png: bytes) -> dict[str, str]:
    """The text chunks of a PNG by keyword. Raises FileError if `png` is not a PNG, or a text is damaged."""
    found: dict[str, str] = {}
    for kind, data in _chunks(png):
        if kind not in (b"tEXt", b"zTXt", b"iTXt"):
            continue
        name, _, rest = data.partition(b"\0")
        try:
            found[name.decode("latin-1")] = _text(kind, rest)
        except (zlib.error, UnicodeDecodeError, ValueError, IndexError) as error:
            raise FileError(f"the PNG's text {name.decode('latin-1')!r} is damaged: {error}") from error
    return found


def _text(kind: bytes, rest: bytes) -> str:
    if kind == b"tEXt":
        return rest.decode("latin-1")
    if kind == b"zTXt":
        return _inflate(rest[1:]).decode("latin-1")
    packed = rest[0] == 1
    _, _, after = rest[2:].partition(b"\0")  # language tag
    _, _, body = after.partition(b"\0")  # translated keyword
    return (_inflate(body) if packed else body).decode()


def _inflate(data: bytes) -> bytes:
    machine = zlib.decompressobj()
    text = machine.decompress(data, MAX_TEXT)
    if machine.unconsumed_tail:
        raise ValueError(f"it is longer than {MAX_TEXT} bytes")
    return text


def _international(name: bytes, text: str) -> bytes:
    return name + b"\0\0\0\0\0" + text.encode()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    if not png.startswith(SIGNATURE):
        raise FileError("this is not a PNG")
    at = len(SIGNATURE)
    while at < len(png):
        if at + 12 > len(png):
            raise FileError("the PNG is cut off")
        (size,) = struct.unpack_from(">I", png, at)
        kind, end = png[at + 4 : at + 8], at + 8 + size
        if end + 4 > len(png):
            raise FileError("the PNG is cut off")
        yield kind, png[at + 8 : end]
        at = end + 4
