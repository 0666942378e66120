import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from calotype.errors import FileError
from calotype.images import SIGNATURE, encode_jpeg, encode_png, text_of, with_text

PIXELS = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
PNG = encode_png(PIXELS)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def test_a_png_keeps_every_pixel():
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(PNG))), PIXELS)


def test_a_jpeg_is_scaled_down_to_its_largest_side():
    wide = np.zeros((10, 40, 3), np.uint8)
    assert Image.open(io.BytesIO(encode_jpeg(wide, largest=20))).size == (20, 5)


@given(st.text(st.characters(codec="utf-8")))
def test_any_text_comes_back(text):
    assert text_of(with_text(PNG, "calotype", text)) == {"calotype": text}


@pytest.mark.parametrize("text", ["plain", "ein Schloß, 城"])
def test_others_read_the_text_and_the_pixels_stay_byte_for_byte(text):
    got = with_text(PNG, "calotype", text)
    with Image.open(io.BytesIO(got)) as picture:
        assert picture.text == {"calotype": text}
        assert np.array_equal(np.asarray(picture), PIXELS)
    assert got.endswith(PNG[33:])


def test_a_keyword_is_replaced_and_others_stay():
    got = with_text(with_text(with_text(PNG, "a", "1"), "b", "2"), "a", "3")
    assert text_of(got) == {"a": "3", "b": "2"}


def test_compressed_texts_are_read():
    packed = chunk(b"zTXt", b"a\0\0" + zlib.compress(b"one")) + chunk(b"iTXt", b"b\0\1\0en\0\0" + zlib.compress(b"two"))
    assert text_of(PNG[:33] + packed + PNG[33:]) == {"a": "one", "b": "two"}


def test_a_bomb_is_refused():
    bomb = chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(65_000_000)))
    with pytest.raises(FileError, match="the PNG's text 'a' is damaged: it is longer than 64000000 bytes"):
        text_of(PNG[:33] + bomb + PNG[33:])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "this is not a PNG"),
        (b"GIF89a", "this is not a PNG"),
        (PNG[:40], "the PNG is cut off"),
        (PNG[:-3], "the PNG is cut off"),
        (SIGNATURE + chunk(b"iTXt", b"a\0"), "the PNG's text 'a' is damaged"),
    ],
)
def test_what_is_no_png_is_said(data, message):
    with pytest.raises(FileError, match=message):
        text_of(data)


@given(st.binary())
def test_no_bytes_break_the_reader(data):
    for png in (data, SIGNATURE + data, PNG[:33] + data):
        try:
            text_of(png)
        except FileError:
            continue


@pytest.mark.parametrize("keyword", ["", "x" * 80, "a\nb"])
def test_a_keyword_that_png_does_not_know_is_refused(keyword):
    with pytest.raises(ValueError, match="is not a PNG keyword"):
        with_text(PNG, keyword, "a")
