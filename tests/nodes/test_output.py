import io

import numpy as np
import pytest
import torch
from PIL import Image as Pictures

from calotype.types import Image, Mask
from calotype_nodes.output import PreviewImage, PreviewMask, PreviewText, SaveAnimation, SaveImage, SaveText, file_name


def opened(artifact):
    return np.asarray(Pictures.open(io.BytesIO(artifact.data)))


def test_a_batch_is_saved_as_png_cut_to_whole_numbers(host):
    pixels = torch.tensor([-0.1, 0.0, 0.5, 0.999, 1.0, 1.5]).reshape(2, 1, 1, 3)
    got = SaveImage(images=Image(pixels), prefix="apple").run(host).files
    assert [(f.name, f.media_type) for f in got] == [("apple.png", "image/png"), ("apple.png", "image/png")]
    assert [opened(f).tolist() for f in got] == [[[[0, 0, 127]]], [[[254, 255, 255]]]]


def test_one_picture_has_no_number_and_keeps_its_transparency(host):
    (got,) = SaveImage(images=Image(torch.full((1, 2, 2, 4), 0.5))).run(host).files
    assert got.name == "image.png"
    assert opened(got).shape == (2, 2, 4)


def test_not_a_number_is_saved_as_black_with_a_warning(host):
    (got,) = SaveImage(images=Image(torch.full((1, 1, 1, 3), float("nan")))).run(host).files
    assert opened(got).tolist() == [[[0, 0, 0]]]
    assert host.warnings == ["the picture has values that are not numbers (NaN); they are saved as black"]


def test_previews_are_small_jpegs_or_pngs_where_transparent(host):
    (got,) = PreviewImage(images=Image(torch.rand(1, 8, 2048, 3))).run(host).files
    assert (got.name, got.media_type) == ("preview.jpg", "image/jpeg")
    assert opened(got).shape == (4, 1024, 3)
    (got,) = PreviewImage(images=Image(torch.rand(1, 8, 8, 4))).run(host).files
    assert (got.name, got.media_type) == ("preview.png", "image/png")


@pytest.mark.parametrize(
    ("prefix", "name"),
    [
        ("a", "a.png"),
        ("../../etc/x", "_.._etc_x.png"),
        ("", "image.png"),
        ("...", "image.png"),
        ("né ok-(1)", "né ok-(1).png"),
        ("x" * 300, "x" * 100 + ".png"),
    ],
)
def test_a_prefix_becomes_a_plain_name(prefix, name):
    assert file_name(prefix, "png") == name


@pytest.mark.parametrize("kind", ["webp", "png", "gif"])
def test_a_batch_is_saved_as_a_moving_picture(host, kind):
    frames = Image(torch.stack([torch.full((4, 4, 3), v) for v in (0.0, 0.5, 1.0)]))
    (got,) = SaveAnimation(images=frames, format=kind, frames_per_second=10, quality=100).run(host).files
    assert (got.name, got.media_type) == (f"animation.{kind}", f"image/{kind}")
    with Pictures.open(io.BytesIO(got.data)) as movie:
        assert movie.n_frames == 3
        movie.seek(1)
        assert movie.convert("RGB").getpixel((0, 0)) == (127, 127, 127)


def test_a_text_is_saved_as_utf_8():
    (got,) = SaveText(text="ein Schloß").run().files
    assert (got.name, got.media_type, got.data) == ("text.txt", "text/plain", "ein Schloß".encode())


def test_masks_are_shown_in_grey(host):
    got = PreviewMask(mask=Mask(torch.ones(2, 8, 8))).run(host)
    assert not got.kept and [f.media_type for f in got.files] == ["image/jpeg"] * 2
    assert opened(got.files[0]).shape == (8, 8, 3) and opened(got.files[0]).min() > 250


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("a cat", "a cat"),
        (3, "3"),
        ([1, "ä"], '[1, "ä"]'),
        (Image(torch.zeros(1, 2, 3, 3)), "Image: 1 x 2 x 3 x 3"),
        ([Mask(torch.zeros(1, 2, 3))], "list of 1: 1 x 2 x 3"),
        (object(), "object"),
    ],
)
def test_any_value_is_shown_as_a_text(value, said):
    text, shown = PreviewText(value=value).run()
    (file,) = shown.files
    assert (file.name, file.media_type, file.data.decode(), shown.kept) == ("preview.txt", "text/plain", said, False)
    assert text == said
