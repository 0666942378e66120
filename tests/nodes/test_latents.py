import pytest
import torch

from calotype.types import FileRef, Image, Latent, Mask, Vae
from calotype_nodes.latents import (
    EmptyLatent,
    GetLatentSize,
    LatentCrop,
    LatentFlip,
    LatentRotate,
    LatentScale,
    LatentScaleBy,
    SetLatentNoiseMask,
    VAEEncodeForInpaint,
)

GRID = Latent(torch.arange(6.0).reshape(1, 1, 2, 3), torch.ones(1, 2, 3))


def test_an_empty_latent_is_zeros_8_times_smaller():
    got = EmptyLatent(width=64, height=128, batch_size=3).run()
    assert got.samples.shape == (3, 4, 16, 8) and not got.samples.any()
    assert (got.indices, got.total) == (None, None)


def test_one_image_of_a_batch_knows_which_it_is():
    got = EmptyLatent(width=64, height=64, batch_size=3, only=2).run()
    assert got.samples.shape == (1, 4, 8, 8)
    assert (got.indices, got.total) == ((2,), 3)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"width": 100, "height": 64}, "width is 100, and has to be a multiple of 8; 96 is the nearest"),
        ({"batch_size": 2, "only": 2}, "only is 2, but a batch of 2 ends at 1"),
    ],
)
def test_a_size_or_index_that_cannot_be_is_said(inputs, message):
    with pytest.raises(ValueError, match=message):
        EmptyLatent(**inputs).run()


def test_scaling_repeats_cells_and_keeps_the_mask():
    got = LatentScale(latent=GRID, width=48, height=16).run()
    assert got.samples[0, 0].tolist() == [[0, 0, 1, 1, 2, 2], [3, 3, 4, 4, 5, 5]]
    assert got.noise_mask is GRID.noise_mask


@pytest.mark.parametrize(
    ("width", "height", "least", "shape"),
    [
        (0, 0, 64, (2, 3)),
        (16, 32, 32, (4, 4)),
        (0, 8, 16, (2, 3)),
        (24, 0, 8, (2, 3)),
        (0, 40, 8, (5, 7)),  # 40 pixels high are 60 wide: 7 whole cells
    ],
)
def test_a_side_that_follows_is_cut_to_whole_cells_and_no_side_is_too_short(width, height, least, shape):
    got = LatentScale(latent=GRID, width=width, height=height, least=least).run()
    assert got.samples.shape[2:] == shape


@pytest.mark.parametrize("method", ["nearest-exact", "bilinear", "bicubic", "area", "bislerp"])
def test_even_latents_stay_even_at_any_size(method):
    got = LatentScaleBy(latent=Latent(torch.full((2, 4, 4, 6), 0.5)), factor=1.5, method=method).run()
    assert got.samples.shape == (2, 4, 6, 9)
    assert torch.allclose(got.samples, torch.tensor(0.5))


def test_spherical_scaling_turns_evenly_and_keeps_the_strength():
    east_to_north = torch.tensor([[1.0, 0.0], [0.0, 1.0]]).reshape(1, 2, 1, 2)
    got = LatentScale(latent=Latent(east_to_north), width=32, height=8, method="bislerp").run().samples[0, :, 0]
    angles = torch.rad2deg(torch.atan2(got[1], got[0]))
    assert torch.allclose(angles, torch.tensor([0.0, 22.5, 67.5, 90.0]), atol=1e-3)
    assert torch.allclose(got.norm(dim=0), torch.ones(4))


def test_a_noise_mask_is_attached():
    mask = torch.rand(1, 16, 24)
    assert SetLatentNoiseMask(latent=GRID, mask=Mask(mask)).run().noise_mask is mask


def test_the_size_is_that_of_the_pictures():
    assert GetLatentSize(latent=GRID).run() == (24, 16, 1)


@pytest.mark.parametrize(
    ("node", "rows"),
    [
        (LatentFlip(latent=GRID, direction="horizontal"), [[2, 1, 0], [5, 4, 3]]),
        (LatentFlip(latent=GRID, direction="vertical"), [[3, 4, 5], [0, 1, 2]]),
        (LatentRotate(latent=GRID, degrees=90), [[3, 0], [4, 1], [5, 2]]),
        (LatentRotate(latent=GRID, degrees=180), [[5, 4, 3], [2, 1, 0]]),
        (LatentCrop(latent=GRID, x=8, y=8, width=8, height=8), [[4]]),
        (LatentCrop(latent=GRID, x=800, width=64, height=64), [[2], [5]]),
        (LatentCrop(latent=GRID, x=800, width=64, height=64, least=16), [[1, 2], [4, 5]]),
        (LatentCrop(latent=GRID, width=64, height=64, least=32), [[2], [5]]),
    ],
)
def test_latents_are_turned_and_cut(node, rows):
    assert node.run().samples[0, 0].tolist() == rows


def test_a_cut_that_leaves_nothing_is_said():
    with pytest.raises(ValueError, match="nothing is left of a latent of 24 x 16 pixels"):
        LatentCrop(latent=GRID, width=8, height=8, least=64).run()


class Autoencoder:
    def encode(self, pixels):
        return pixels[:, ::8, ::8].movedim(-1, 1)


def test_inpainting_greys_the_inside_and_widens_the_mask(host):
    vae = Vae(FileRef("vae", "v.safetensors"), "sd15")
    host.models[vae] = Autoencoder()
    mask = torch.zeros(1, 16, 16)
    mask[:, 8:, 8:] = 0.9
    image = Image(torch.ones(1, 16, 16, 3))
    got = VAEEncodeForInpaint(image=image, mask=Mask(mask), vae=vae, grow=3).run(host)
    assert got.samples[0, 0].tolist() == [[1.0, 1.0], [1.0, 0.5]]
    want = torch.zeros(1, 16, 16)
    want[:, 7:, 7:] = 1
    assert torch.equal(got.noise_mask, want)
    plain = VAEEncodeForInpaint(image=image, mask=Mask(mask), vae=vae, grow=0).run(host)
    assert torch.equal(plain.noise_mask, mask.round())
