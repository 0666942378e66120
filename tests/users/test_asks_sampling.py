"""What users ask of sampling."""

import torch

from calotype.diffusion.latents import LatentFormat
from calotype.diffusion.sampling import ModelSampling, sample
from calotype.types import Conditioning, Latent, Prompt


class Plain:
    """A denoiser that needs no weights."""

    sampling = ModelSampling.discrete("v", zero_snr=True)
    latent = LatentFormat()
    device = torch.device("cpu")
    dtype = torch.float32

    def predict(self, x, timestep, tokens, *, pooled=None, residuals=None, options=None):
        return torch.tanh(x) + tokens.mean()


def test_e8_image_k_of_a_batch_is_reproducible_alone():
    says = Conditioning((Prompt(torch.ones(1, 77, 8)),))
    settings = {"sampler": "dpmpp_2m_sde", "scheduler": "karras", "seed": 7, "steps": 5, "cfg": 2.0}
    batch = sample(Plain(), says, says, Latent(torch.zeros(4, 4, 8, 8)), **settings)
    alone = sample(Plain(), says, says, Latent(torch.zeros(1, 4, 8, 8), indices=(2,), total=4), **settings)
    torch.testing.assert_close(alone.latent.samples[0], batch.latent.samples[2])
