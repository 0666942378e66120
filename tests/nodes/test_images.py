import numpy as np
import pytest
import torch
from PIL import Image as Pictures

from calotype.errors import FileError
from calotype.types import FileRef, Image
from calotype_nodes.images import (
    GetImageSize,
    ImageFit,
    ImageGrid,
    ImageScale,
    ImageScaleBy,
    ImageScaleForKontext,
    ImageScaleToPixels,
    ImageScaleToSide,
    ImageStitch,
    LoadImage,
    LoadMask,
    SolidImage,
)

RAMP = torch.arange(16.0).reshape(1, 4, 4, 1).expand(-1, -1, -1, 3) / 15


def load(host, picture, name="a.png", **how):
    picture.save(host.folder / name, **how)
    return LoadImage(file=FileRef("input", name)).run(host)


def test_a_picture_is_read_with_its_transparency_as_mask(host):
    pixels = np.array([[[255, 0, 51, 255], [0, 255, 0, 0]]], np.uint8)
    got = load(host, Pictures.fromarray(pixels))
    assert torch.equal(got.image.pixels, torch.tensor([[[[1.0, 0, 0.2], [0, 1.0, 0]]]]))
    assert got.mask.values.tolist() == [[[0.0, 1.0]]]


def test_a_picture_without_transparency_has_an_empty_mask(host):
    got = load(host, Pictures.new("RGB", (3, 2)))
    assert got.mask.values.tolist() == [[[0.0] * 3] * 2]


def test_a_photograph_stands_upright(host):
    exif = Pictures.Exif()
    exif[0x0112] = 6  # turn by 90 degrees, clockwise
    got = load(host, Pictures.new("RGB", (4, 2)), "a.jpg", exif=exif)
    assert got.image.pixels.shape == (1, 4, 2, 3)


def test_frames_are_a_batch(host):
    frames = [Pictures.new("RGB", (2, 2), c) for c in ("red", "blue")]
    got = load(host, frames[0], "a.gif", save_all=True, append_images=frames[1:])
    assert got.image.pixels[:, 0, 0].tolist() == [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]


def test_sixteen_bits_of_grey_are_read(host):
    got = load(host, Pictures.fromarray(np.array([[0, 65535, 13107]], np.uint16)))
    assert got.image.pixels[0, 0, :, 1].tolist() == pytest.approx([0.0, 1.0, 0.2])


def test_what_is_no_picture_is_said(host):
    (host.folder / "a.png").write_bytes(b"hello")
    with pytest.raises(FileError, match=r'"a.png" is not a picture that can be read'):
        LoadImage(file=FileRef("input", "a.png")).run(host)


def test_a_truncated_picture_is_said(host):
    load(host, Pictures.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)))
    file = host.folder / "a.png"
    file.write_bytes(file.read_bytes()[:2000])
    with pytest.raises(FileError, match=r'"a.png" is not a picture that can be read'):
        LoadImage(file=FileRef("input", "a.png")).run(host)


def test_more_than_64_megapixels_are_refused_before_they_are_decoded(host):
    with pytest.raises(FileError, match=r"has 65 megapixels \(8100 x 8000\); at most 64 are read"):
        load(host, Pictures.new("1", (8100, 8000)))


@pytest.mark.parametrize("method", ["nearest-exact", "bilinear", "bicubic", "area", "lanczos"])
def test_a_plain_picture_stays_plain_at_any_size(method):
    got = ImageScale(image=Image(torch.full((2, 4, 6, 3), 0.2)), width=9, height=5, method=method).run()
    assert got.pixels.shape == (2, 5, 9, 3)
    assert torch.allclose(got.pixels, torch.tensor(0.2))


def test_area_takes_the_mean_of_what_a_pixel_covers():
    got = ImageScale(image=Image(RAMP), width=2, height=2, method="area").run()
    assert (got.pixels[0, ..., 0] * 15).flatten().tolist() == pytest.approx([2.5, 4.5, 10.5, 12.5])


@pytest.mark.parametrize(("width", "height", "size"), [(8, 0, (4, 8)), (0, 8, (8, 16)), (0, 0, (2, 4)), (3, 3, (3, 3))])
def test_a_side_of_0_keeps_the_proportions(width, height, size):
    got = ImageScale(image=Image(torch.rand(1, 2, 4, 3)), width=width, height=height).run()
    assert got.pixels.shape[1:3] == size


def test_cropping_takes_the_centre():
    got = ImageScale(image=Image(RAMP), width=4, height=2, method="nearest-exact", crop="center").run()
    assert torch.equal(got.pixels, RAMP[:, 1:3])


def test_a_grid_lays_pictures_batches_and_lists_out_in_order():
    one, two = Image(torch.zeros(2, 2, 3, 3)), Image(torch.full((1, 2, 1, 3), 0.5))
    got = ImageGrid(images=(one, [two]), gap=1).run().pixels[0]
    assert got.shape == (7, 9, 3)
    assert (got[..., 0] * 2).int().tolist() == [
        [2, 2, 2, 2, 2, 2, 2, 2, 2],
        [2, 0, 0, 0, 2, 0, 0, 0, 2],
        [2, 0, 0, 0, 2, 0, 0, 0, 2],
        [2, 2, 2, 2, 2, 2, 2, 2, 2],
        [2, 2, 1, 2, 2, 2, 2, 2, 2],
        [2, 2, 1, 2, 2, 2, 2, 2, 2],
        [2, 2, 2, 2, 2, 2, 2, 2, 2],
    ]


def test_labels_stand_under_their_pictures():
    pictures = Image(torch.zeros(2, 64, 64, 3))
    plain = ImageGrid(images=(pictures,), columns=2).run().pixels
    labelled = ImageGrid(images=(pictures,), labels=(["apple"], "a pear that is far too long to be written"), columns=2)
    got = labelled.run().pixels
    room = got.shape[1] - plain.shape[1]
    assert room > 8 and got.shape[2] == plain.shape[2]
    strip = got[0, 68 : 68 + room, :, 0]
    assert [bool((part < 0.5).any()) for part in (strip[:, :4], strip[:, 4:68], strip[:, 72:136])] == [
        False,
        True,
        True,
    ]


def test_a_picture_of_one_colour():
    got = SolidImage(width=2, height=1, batch_size=2, colour="#ff8000").run().pixels
    assert torch.equal(got, torch.tensor([1.0, 128 / 255, 0.0]).expand(2, 1, 2, 3))


@pytest.mark.parametrize(
    ("node", "size"),
    [
        (ImageScaleBy(image=Image(torch.rand(1, 4, 6, 3)), factor=1.5), (6, 9)),
        (ImageScaleToSide(image=Image(torch.rand(1, 4, 6, 3)), longest=12), (8, 12)),
        (ImageScaleToPixels(image=Image(torch.rand(1, 64, 256, 3)), megapixels=0.25), (256, 1024)),
        (ImageScaleForKontext(image=Image(torch.rand(1, 4, 6, 3))), (832, 1248)),
        (ImageScaleForKontext(image=Image(torch.rand(1, 30, 10, 3))), (1568, 672)),
    ],
)
def test_pictures_scale_in_proportion(node, size):
    assert node.run().pixels.shape[1:3] == size


def test_the_size_of_pictures_is_told():
    assert GetImageSize(image=Image(torch.zeros(2, 3, 4, 3))).run() == (4, 3, 2)


@pytest.mark.parametrize(
    ("side", "rows"),
    [("right", [[0, 3, 1], [0, 3, 1]]), ("left", [[1, 3, 0], [1, 3, 0]]), ("below", [[0], [0], [3], [1]])],
)
def test_pictures_are_stitched(side, rows):
    dark, light = Image(torch.zeros(1, 2, 1, 3)), Image(torch.full((1, 4, 2, 3), 1 / 3))
    got = ImageStitch(image=dark, other=light, side=side, gap=1, colour="white").run().pixels[0, ..., 0]
    assert (got * 3).round().int().tolist() == (rows if side != "below" else [[0], [0], [3], [1], [1]])


def test_pictures_that_are_not_scaled_are_padded():
    dark, light = Image(torch.zeros(1, 3, 1, 3)), Image(torch.full((1, 1, 1, 4), 0.5))
    got = ImageStitch(image=dark, other=light, match_size=False).run().pixels[0, ..., 0]
    assert got.tolist() == [[0, 1], [0, 0.5], [0, 1]]
    assert ImageStitch(image=dark).run() is dark
    got = ImageStitch(image=dark, other=light, match_size=False, gap=1, colour="#00ff00", padding="black").run()
    assert got.pixels[0, ..., 1].tolist() == [[0, 1, 0], [0, 1, 0.5], [0, 1, 0]]


def test_the_last_of_fewer_pictures_stands_beside_all_others():
    few, many = Image(torch.tensor([0.25, 0.5]).view(2, 1, 1, 1).expand(2, 1, 1, 3)), Image(torch.ones(3, 1, 1, 3))
    got = ImageStitch(image=few, other=many).run().pixels[..., 0]
    assert got.tolist() == [[[0.25, 1]], [[0.5, 1]], [[0.5, 1]]]


@pytest.mark.parametrize(("channel", "row"), [("alpha", [0.0, 1.0]), ("red", [1.0, 0.0]), ("blue", [0.2, 0.0])])
def test_a_mask_is_read_from_a_channel(host, channel, row):
    pixels = np.array([[[255, 0, 51, 255], [0, 255, 0, 0]]], np.uint8)
    Pictures.fromarray(pixels).save(host.folder / "m.png")
    got = LoadMask(file=FileRef("input", "m.png"), channel=channel).run(host)
    assert torch.allclose(got.values, torch.tensor([[row]]))


def test_a_picture_fits_into_a_frame():
    got = ImageFit(image=Image(torch.zeros(1, 1, 2, 3)), width=4, height=4, colour="white").run().pixels[0, ..., 0]
    assert got.tolist() == [[1] * 4, [0] * 4, [0] * 4, [1] * 4]
