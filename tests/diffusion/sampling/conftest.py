"""A Gaussian world: data N(mu, s_d^2), for which the denoiser and the flow of the ODE are known exactly."""

import math
from dataclasses import dataclass, field

import pytest
import torch

from calotype.diffusion.latents import LatentFormat
from calotype.diffusion.sampling import ModelSampling
from calotype.types import Conditioning, Prompt

CPU = torch.device("cpu")


@dataclass
class Gaussian:
    """The exact denoiser of N(mu, deviation^2), also with both estimates for CFG++."""

    sampling: ModelSampling = field(default_factory=ModelSampling.discrete)
    mu: float = 0.7
    deviation: float = 0.5

    def __call__(self, x, sigma):
        alpha = 1 - sigma if self.sampling.is_flow else 1.0
        gain = alpha * self.deviation**2 / (alpha**2 * self.deviation**2 + sigma**2)
        return self.mu + gain * (x - alpha * self.mu)

    def both(self, x, sigma):
        return self(x, sigma), self(x, sigma)

    def solution(self, x, sigma, end):
        """The probability-flow ODE from sigma to end, in closed form (variance-exploding)."""
        spread = math.sqrt((self.deviation**2 + end**2) / (self.deviation**2 + sigma**2))
        return self.mu + (x - self.mu) * spread


class Toy:
    """A denoiser whose raw output is a simple function of everything that it is given; remembers its calls."""

    def __init__(self, sampling=None, latent=None):
        self.family = "toy"
        self.sampling = sampling or ModelSampling.discrete()
        self.latent = latent or LatentFormat(4, 0.5)
        self.device = CPU
        self.dtype = torch.float32
        self.calls = []

    def predict(self, x, timestep, tokens, *, pooled=None, residuals=None, options=None):
        self.calls.append({"x": x, "timestep": timestep, "tokens": tokens, "pooled": pooled, "options": options})
        steer = 0 if residuals is None else residuals
        shift = tokens.mean(dim=(1, 2)) + timestep / 1000
        return torch.tanh(x) * 0.3 + shift[:, None, None, None] + steer


@pytest.fixture
def toy():
    return Toy()


def says(value, length=77, **options):
    """A conditioning of one prompt whose tokens are all `value`."""
    tensors = options.pop("tensors", {})
    controls = options.pop("controls", ())
    return Conditioning((Prompt(torch.full((1, length, 8), value), None, controls, options, tensors),), "toy")


@pytest.fixture
def prompt():
    """A conditioning of one prompt whose tokens are all of one value; options as keywords."""
    return says


@pytest.fixture
def world():
    """The class `Gaussian`."""
    return Gaussian


@pytest.fixture
def toy_on():
    """The class `Toy`."""
    return Toy
