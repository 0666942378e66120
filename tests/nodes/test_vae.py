import pytest
import torch

from calotype.types import FileRef, Image, Latent, Vae
from calotype_nodes.vae import VAEDecode, VAEEncode

VAE = Vae(FileRef("checkpoints", "a.safetensors"), "sd15")


class Autoencoder:
    """Every eighth pixel, as three channels; and back, each cell eight times."""

    def encode(self, pixels):
        return pixels[:, ::8, ::8].movedim(-1, 1)

    def decode(self, samples):
        return samples.movedim(1, -1).repeat_interleave(8, 1).repeat_interleave(8, 2)


def test_encoding_takes_the_colours_of_the_centre_that_8_divides(host):
    host.models[VAE] = Autoencoder()
    pixels = torch.rand(1, 21, 16, 4)
    got = VAEEncode(image=Image(pixels), vae=VAE).run(host)
    assert torch.equal(got.samples, pixels[:, 2:18:8, ::8, :3].movedim(-1, 1))


def test_decoding_keeps_to_0_to_1(host):
    host.models[VAE] = Autoencoder()
    got = VAEDecode(latent=Latent(torch.tensor([-1.0, 0.5, 2.0]).reshape(1, 3, 1, 1)), vae=VAE).run(host)
    assert got.pixels.shape == (1, 8, 8, 3)
    assert got.pixels[0, 0, 0].tolist() == [0.0, 0.5, 1.0]


def test_a_picture_that_is_smaller_than_a_cell_is_refused_with_its_size(host):
    host.models[VAE] = Autoencoder()
    with pytest.raises(ValueError, match="a picture of 5 x 21 pixels is too small for a VAE"):
        VAEEncode(image=Image(torch.rand(1, 21, 5, 3)), vae=VAE).run(host)
