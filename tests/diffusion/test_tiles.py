import pytest
import torch

from calotype.diffusion.loading import load
from calotype.diffusion.tiles import feathered, spans, three_ways, tiled
from calotype.types import FileRef, Vae


def test_tiles_cover_every_cell_and_overlap():
    assert list(spans((10, 4), (6, 6), 2)) == [((0, 6), (0, 4)), ((4, 6), (0, 4))]
    assert [span[0] for span in spans((11, 4), (6, 6), 2)] == [(0, 6), (4, 6), (8, 3)]


def test_a_feathered_mask_rises_from_every_edge():
    mask = feathered(torch.zeros(1, 1, 6, 6), 3)[0, 0]
    assert mask[3].tolist() == pytest.approx([1 / 3, 2 / 3, 1, 1, 2 / 3, 1 / 3])
    assert torch.equal(mask, mask.T)


@pytest.mark.parametrize("size", [(20, 20), (7, 33), (4, 4)])
def test_a_pointwise_function_is_the_same_in_tiles(size):
    x = torch.randn(2, 3, *size)
    double = lambda t: (t * 2).repeat_interleave(2, 2).repeat_interleave(2, 3)  # noqa: E731
    assert torch.allclose(tiled(x, double, (8, 8), 2, 2, 3), double(x), atol=1e-5)
    assert torch.allclose(three_ways(x, double, 8, 2, 2, 3), double(x), atol=1e-5)


def test_a_picture_that_fits_one_tile_is_decoded_as_a_whole(path_of):
    vae = load(Vae(FileRef("checkpoints", "tiny.safetensors"), "sd1"), path_of, torch.device("cpu"))
    samples = torch.randn(1, 4, 6, 6)
    assert torch.allclose(vae.decode_tiled(samples, tile=128), vae.decode(samples), atol=1e-5)
    assert vae.decode_tiled(samples, tile=32, overlap=8).shape == (1, 48, 48, 3)
    pixels = torch.rand(1, 48, 50, 3)
    assert torch.allclose(vae.encode_tiled(pixels, tile=128), vae.encode(pixels), atol=1e-5)
    assert vae.encode_tiled(pixels, tile=32, overlap=8).shape == (1, 4, 6, 6)
