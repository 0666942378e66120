"""Changes to latents and to guidance that patches ask for, against their formulas."""

import math

import pytest
import torch
from torch.testing import assert_close

from calotype.diffusion.changes import guidance, operations
from calotype.diffusion.sampling.hooks import NO_HOOKS, Moment, Sides
from calotype.errors import ModelError

X, POSITIVE, NEGATIVE = (torch.randn(2, 4, 6, 5, generator=torch.Generator().manual_seed(s)) for s in range(3))


def moment(alone=False):
    return Moment(X, 2.0, lambda side, x, layers=None: x, NO_HOOKS, alone)


def test_scaled_noise_is_the_predicted_noise_divided():
    got = guidance.noise_scaled(1.25)(moment(), POSITIVE, Sides(POSITIVE, NEGATIVE, 3.0))
    assert_close(X - got, (X - POSITIVE) / 1.25)


def test_the_scale_goes_along_the_batch_or_there_and_back():
    three = [torch.randn(3, 4, 2, 2, generator=torch.Generator().manual_seed(s)) for s in range(3)]
    at = Moment(three[0], 2.0, lambda *a: None, NO_HOOKS)
    for back, scales in ((False, [1.0, 3.0, 5.0]), (True, [1.0, 5.0, 1.0])):
        got = guidance.cfg_along_batch(1.0, back)(at, Sides(three[1], three[2], 5.0))
        assert_close(got, three[2] + torch.tensor(scales).view(-1, 1, 1, 1) * (three[1] - three[2]))


def test_frequencies_of_the_guidance_are_scaled_apart():
    change = operations.frequencies_scaled(2.0, 2.0, 1)
    moved, negative = change(moment(), [POSITIVE, NEGATIVE], 3.0)
    assert_close(moved - NEGATIVE, 2 * (POSITIVE - NEGATIVE))
    assert torch.equal(negative, NEGATIVE)
    same = [POSITIVE, NEGATIVE]
    assert change(moment(alone=True), same, 1.0) is same
    flat = torch.ones(1, 1, 8, 8)  # nothing but the lowest frequency
    assert_close(operations.banded(flat, 3.0, 0.0, 1), 3 * flat)
    waves = torch.cos(torch.arange(8) * math.pi).expand(1, 1, 8, 8)  # the highest one
    assert_close(operations.banded(waves, 3.0, 0.5, 1), 0.5 * waves)


def test_tone_mapping_keeps_directions_and_compresses_lengths():
    got = operations.tone_mapped(X, 0.5)
    length = torch.linalg.vector_norm(X, dim=1, keepdim=True)
    top = 0.5 * (5 * length.std((1, 2, 3), keepdim=True) + length.mean((1, 2, 3), keepdim=True))
    assert_close(got, X / length * (length * top / (length + top)))


def test_sharpening_keeps_what_is_even_and_strengthens_what_is_not():
    flat = torch.ones(1, 4, 6, 6)
    assert_close(operations.sharpened(flat, 2, 1.0, 0.5), flat)
    assert_close(operations.sharpened(X, 2, 1.0, 0.0), X)
    assert (operations.sharpened(X, 2, 1.0, 0.5) - X).abs().mean() > 0.1
    with pytest.raises(ValueError, match="a radius of 5 cells is too much for latents of 5 x 6 cells"):
        operations.sharpened(X, 5, 1.0, 0.5)


def test_guidance_goes_through_an_operation_by_its_name():
    change = operations.guided_through(operations.operation_of("tone_map", {"multiplier": 0.5}))
    moved, negative = change(moment(), [POSITIVE, NEGATIVE], 3.0)
    assert_close(moved, operations.tone_mapped(POSITIVE - NEGATIVE, 0.5) + NEGATIVE)
    assert torch.equal(negative, NEGATIVE)
    with pytest.raises(ModelError, match="'blur' is not known; there are: tone_map, sharpen"):
        operations.operation_of("blur", {})
