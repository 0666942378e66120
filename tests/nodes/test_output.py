import io

import numpy as np
import pytest
import torch
from PIL import Image as Pictures

from calotype.types import Image
from calotype_nodes.output import PreviewImage, SaveImage, file_name


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
