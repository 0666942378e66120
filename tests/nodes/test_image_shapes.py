import pytest
import torch

from calotype.types import Image
from calotype_nodes.image_shapes import (
    ImageBatch,
    ImageCrop,
    ImageFlip,
    ImageFromBatch,
    ImagePad,
    ImageRotate,
    RepeatImageBatch,
    SplitImageBatch,
)

GRID = Image(torch.arange(6.0).reshape(1, 2, 3, 1).expand(-1, -1, -1, 3).clone())


def solid(value: float, width: int = 1, channels: int = 3) -> Image:
    return Image(torch.full((1, 1, width, channels), value))


@pytest.mark.parametrize(
    ("node", "rows"),
    [
        (ImageFlip(image=GRID, direction="horizontal"), [[2, 1, 0], [5, 4, 3]]),
        (ImageFlip(image=GRID, direction="vertical"), [[3, 4, 5], [0, 1, 2]]),
        (ImageRotate(image=GRID, degrees=90), [[3, 0], [4, 1], [5, 2]]),
        (ImageRotate(image=GRID, degrees=270), [[2, 5], [1, 4], [0, 3]]),
        (ImageCrop(image=GRID, x=1, y=1, width=2, height=1), [[4, 5]]),
        (ImageCrop(image=GRID, x=99, y=0), [[2], [5]]),
    ],
)
def test_pictures_are_turned_and_cut(node, rows):
    assert node.run().pixels[0, ..., 1].tolist() == rows


def test_padding_adds_space_and_says_where_it_is():
    got = ImagePad(image=Image(torch.ones(1, 4, 4, 3)), left=2, bottom=1, feather=0, colour="#000000").run()
    assert got.image.pixels.shape == (1, 5, 6, 3)
    assert torch.equal(got.mask.values, 1 - got.image.pixels[..., 0])
    assert got.mask.values[0].tolist() == [[1, 1, 0, 0, 0, 0]] * 4 + [[1] * 6]


def test_the_mask_fades_into_the_picture_from_padded_edges_only():
    got = ImagePad(image=Image(torch.ones(1, 9, 9, 3)), left=1, feather=4).run().mask.values[0]
    assert got[4].tolist() == [1.0, 1.0, 0.5625, 0.25, 0.0625, 0, 0, 0, 0, 0]
    assert torch.equal(got, got[4].expand(9, 10))


def test_pictures_batches_and_lists_become_one_batch_of_the_first_ones_size():
    got = ImageBatch(images=(solid(0.25, 2), [solid(0.5, 2, 4), solid(1.0, 4)])).run().pixels
    assert got.shape == (3, 1, 2, 4)
    assert got[:, 0, 0].tolist() == [[0.25, 0.25, 0.25, 1], [0.5] * 4, [1.0] * 4]


def test_batches_are_cut_repeated_and_split():
    batch = Image(torch.arange(3.0).reshape(3, 1, 1, 1).expand(-1, -1, -1, 3))
    assert ImageFromBatch(image=batch, first=1, count=9).run().pixels[:, 0, 0, 0].tolist() == [1, 2]
    assert RepeatImageBatch(image=batch, times=2).run().pixels[:, 0, 0, 0].tolist() == [0, 1, 2, 0, 1, 2]
    assert [one.pixels[0, 0, 0, 0].item() for one in SplitImageBatch(image=batch).run()] == [0, 1, 2]
