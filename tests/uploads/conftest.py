"""Pictures of every kind, and files that only say they are pictures; all made here."""

import gzip
import io
import struct
import tarfile
import zipfile
import zlib

import pytest
from PIL import Image, PngImagePlugin

from calotype.uploads import Uploads


@pytest.fixture
def uploads(tmp_path):
    return Uploads(tmp_path / "input")


@pytest.fixture
def send(uploads):
    """Send bytes as a client would."""

    def send_(data, name="picture.png"):
        part = uploads.begin()
        part.write_bytes(data)
        return uploads.accept(part, name)

    return send_


def gradient(mode="RGB", size=(40, 24)):
    wide, high = size
    picture = Image.new("RGBA", size)
    picture.putdata(
        [(x * 6 % 256, y * 10 % 256, (x + y) % 256, x * 255 // wide) for y in range(high) for x in range(wide)]
    )
    return picture.convert(mode)


def saved(picture, kind, **how):
    out = io.BytesIO()
    picture.save(out, kind, **how)
    return out.getvalue()


def animation(kind, frames=3, **how):
    pictures = [gradient().rotate(90 * i) for i in range(frames)]
    return saved(pictures[0], kind, save_all=True, append_images=pictures[1:], **how)


def sixteen_bits():
    picture = Image.new("I;16", (40, 24))
    picture.putdata([x * 1638 for _ in range(24) for x in range(40)])
    return saved(picture, "PNG")


def turned():
    exif = Image.Exif()
    exif[0x0112] = 6
    return saved(gradient(), "JPEG", exif=exif, quality=95)


PICTURES = {
    "png": lambda: saved(gradient(), "PNG"),
    "png with transparency": lambda: saved(gradient("RGBA"), "PNG"),
    "png with a palette": lambda: saved(gradient().quantize(16), "PNG", transparency=0),
    "png in grey": lambda: saved(gradient("L"), "PNG"),
    "png in grey with transparency": lambda: saved(gradient("LA"), "PNG"),
    "png in black and white": lambda: saved(gradient("1"), "PNG"),
    "png of 16 bits": sixteen_bits,
    "jpeg": lambda: saved(gradient(), "JPEG"),
    "progressive jpeg": lambda: saved(gradient(), "JPEG", progressive=True),
    "jpeg in grey": lambda: saved(gradient("L"), "JPEG"),
    "jpeg in cmyk": lambda: saved(gradient("CMYK"), "JPEG"),
    "jpeg on its side": turned,
    "jpeg of a phone": lambda: saved(gradient(), "JPEG") + saved(gradient("L"), "JPEG") + b"MotionPhoto" * 100,
    "webp": lambda: saved(gradient("RGBA"), "WEBP", lossless=True),
    "lossy webp": lambda: saved(gradient(), "WEBP"),
    "bmp": lambda: saved(gradient(), "BMP"),
    "tiff": lambda: saved(gradient(), "TIFF"),
    "floating tiff": lambda: saved(gradient("F"), "TIFF"),
    "gif": lambda: saved(gradient().quantize(16), "GIF"),
    "moving gif": lambda: animation("GIF"),
    "moving png": lambda: animation("PNG"),
    "moving webp": lambda: animation("WEBP", lossless=True),
    "tiff of pages": lambda: animation("TIFF"),
}


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, data=b"x", *, before=b"", end=True):
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + before + chunk(b"IDAT", zlib.compress(data))
    return body + (chunk(b"IEND", b"") if end else b"")


def gif(width, height, frames=1):
    image = b"\x2c" + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x4c\x01\x00"
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0, 0, 0) + image * frames + b";"


def jpeg(width, height, *, scans=1, progressive=False):
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    scan = b"\xff\xda" + struct.pack(">H", 8) + b"\x01\x01\x00\x00\x3f\x00" + b"\x00"
    mark = b"\xff\xc2" if progressive else b"\xff\xc0"
    return b"\xff\xd8" + mark + struct.pack(">H", len(frame) + 2) + frame + scan * scans + b"\xff\xd9"


def webp(width, height, frames=0):
    size = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    body = (
        b"VP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + size + (b"ANMF" + struct.pack("<I", 16) + bytes(16)) * frames
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def bmp(width, height):
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 1, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + head


def tiff(width, height, pages=1):
    out = b"II*\0"
    for _ in range(pages):
        start = len(out) + 4
        entries = struct.pack("<HHII", 256, 4, 1, width) + struct.pack("<HHII", 257, 4, 1, height)
        out += struct.pack("<I", start) + struct.pack("<H", 2) + entries
    return out + bytes(4)


BOMBS = {
    "png of 13,000 squared": lambda: png(13_000, 13_000, bytes(10**6)),
    "png of 20,000 squared": lambda: png(20_000, 20_000),
    "png of 2 to the 31st": lambda: png(2**31 - 1, 2**31 - 1),
    "png of one line": lambda: png(64_000_001, 1),
    "png of a thousand frames": lambda: png(64, 64, before=chunk(b"acTL", struct.pack(">II", 1000, 0))),
    "png of large frames": lambda: png(4000, 4000, before=chunk(b"acTL", struct.pack(">II", 5, 0))),
    "png without pixels": lambda: png(0, 0),
    "png of a million parts": lambda: png(8, 8, before=chunk(b"tEXt", b"") * 100_000),
    "gif of 150 frames": lambda: gif(4000, 4000, 150),
    "gif of 65 frames": lambda: gif(8, 8, 65),
    "gif of large frames": lambda: gif(8000, 8000, 2),
    "gif with a frame beyond its size": lambda: (
        gif(1, 1)[:13] + b"\x2c" + struct.pack("<HHHHB", 60_000, 60_000, 9, 9, 0) + b"\x02\x02\x4c\x01\x00;"
    ),
    "jpeg of 65,500 squared": lambda: jpeg(65_500, 65_500),
    "jpeg of a thousand scans": lambda: jpeg(2000, 2000, scans=1000, progressive=True),
    "webp of 16 million squared": lambda: webp(2**24, 2**24),
    "webp of 65 frames": lambda: webp(8, 8, 65),
    "bmp of 60,000 squared": lambda: bmp(60_000, 60_000),
    "bmp upside down": lambda: bmp(60_000, -60_000),
    "tiff of 100,000 squared": lambda: tiff(100_000, 100_000),
    "tiff of 65 pages": lambda: tiff(8, 8, 65),
}


def zipped(*files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return out.getvalue()


def tarred():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return out.getvalue()


ARCHIVES = {
    "zip": lambda: zipped(("a.txt", b"a")),
    "zip bomb": lambda: zipped(("zeros", bytes(50_000_000))),
    "zip in a zip": lambda: zipped(("inner.zip", zipped(("zeros", bytes(10**6))))),
    "zip that climbs": lambda: zipped(("../../up.txt", b"a")),
    "gzip bomb": lambda: gzip.compress(bytes(50_000_000)),
    "tar with a link": tarred,
    "bzip2": lambda: __import__("bz2").compress(bytes(10**6)),
    "xz": lambda: __import__("lzma").compress(bytes(10**6)),
    "7z": lambda: b"7z\xbc\xaf\x27\x1c" + bytes(100),
    "rar": lambda: b"Rar!\x1a\x07\x01\x00" + bytes(100),
}


def with_text(keyword, text, **how):
    info = PngImagePlugin.PngInfo()
    info.add_text(keyword, text, **how)
    return saved(gradient(), "PNG", pnginfo=info)


OTHERS = {
    "nothing": (lambda: b"", "empty"),
    "svg": (lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "XML"),
    "xml and svg": (lambda: b'<?xml version="1.0"?><svg/>', "XML"),
    "html": (lambda: b"<!doctype html><script>alert(1)</script>", "web page"),
    "python": (lambda: b"#!/usr/bin/env python\nprint()", "script"),
    "pickle": (lambda: b"\x80\x04K\x01.", "pickle"),
    "program": (lambda: b"\x7fELF" + bytes(64), "program"),
    "pdf": (lambda: b"%PDF-1.7", "PDF"),
    "words": (lambda: b"hello", "not a picture"),
    "picture and zip": (lambda: saved(gradient(), "PNG") + zipped(("a", b"a")), "another kind"),
    "jpeg and zip": (lambda: saved(gradient(), "JPEG") + zipped(("a", b"a")), "another kind"),
    "zip inside a png": (lambda: png(8, 8, end=False) + chunk(b"xyZZ", zipped(("a", b"a"))), "cut short"),
    "picture and page": (lambda: saved(gradient(), "PNG") + b"<html><script>alert(1)</script>", "another kind"),
    "gif and script": (lambda: gif(8, 8) + b"<script>alert(1)</script>", "another kind"),
    "gif that is script": (lambda: b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)", "damaged"),
    "picture and program": (lambda: saved(gradient(), "PNG") + b"\x7fELF" + bytes(64), "another kind"),
    "webp and php": (lambda: saved(gradient(), "WEBP") + b"<?php system(1);", "another kind"),
}  # fmt: skip
