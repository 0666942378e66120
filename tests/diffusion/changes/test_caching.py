"""Evaluations that are left out, counted on a network that is a rule; the first numbers are those of the arithmetic."""

import pytest
import torch

from calotype.diffusion.changes.caching import EasyCache, Foretelling, LazyCache
from calotype.diffusion.changes.table import changed
from calotype.diffusion.latents import LatentFormat
from calotype.diffusion.sampling import ModelSampling, sample
from calotype.diffusion.sampling.hooks import Guided
from calotype.types import Conditioning, FileRef, Latent, Model, Patch, Prompt

ALWAYS = (100.0, 0.0)


def at(value):
    return torch.full((1, 1, 8, 8), float(value))


def test_changes_are_foretold_by_the_rate_of_the_last_ones_and_add_up():
    foretelling = Foretelling(0.5, ALWAYS)
    for x, found in ((0, 10), (1, 12)):  # the output moves twice as much as the input
        assert not foretelling.leaves_out(at(x), 2.0)
        foretelling.saw(at(x), at(found), float(found))
    assert foretelling.leaves_out(at(3), 2.0)  # 2 * 2 / 12 = 1/3
    assert not foretelling.leaves_out(at(3), 2.0)  # 2/3
    assert foretelling.leaves_out(at(3), 2.0)  # counted anew


def test_nothing_is_foretold_before_the_start_or_when_the_size_changes():
    foretelling = Foretelling(9.0, (5.0, 1.0))
    for x in (0, 1, 2):
        assert not foretelling.leaves_out(at(x), 6.0)
        foretelling.saw(at(x), at(x), 1.0)
    assert not foretelling.leaves_out(at(3), 5.0)
    foretelling.saw(at(3), at(3), 1.0)
    assert not foretelling.leaves_out(torch.zeros(1, 1, 24, 24), 4.0)
    assert foretelling.past(1.0) and not foretelling.past(1.1)


def test_what_is_left_out_is_what_was_added_to_the_last_input():
    lazy = LazyCache(9.0, ALWAYS)
    asked = []

    def evaluate(x):
        asked.append(x)
        return Guided(at(2 * x + 1), at(-x))

    got = [lazy(lambda x=x: evaluate(x), at(x), 2.0) for x in (1, 2, 4)]
    assert asked == [1, 2]
    assert torch.equal(got[2].estimate, at(4 + 5 - 2)) and torch.equal(got[2].negative, at(-2))
    lazy(lambda: evaluate(9), at(9), 0.0)
    assert asked == [1, 2, 9]


def test_the_network_is_left_out_for_every_prompt_and_only_in_evaluations():
    easy = EasyCache(9.0, ALWAYS)
    asked = []

    def said(keys, x, sigma=2.0):
        def compute():
            asked.append(tuple(keys))
            return x * 2

        return easy(keys, x, sigma, compute)

    for value in (1, 2):
        with easy.evaluating():
            said("ab", torch.cat([at(value), at(-value)]))
            said("c", at(5))
    with easy.evaluating():
        got = said("ab", torch.cat([at(3), at(-3)]))
        assert torch.equal(got, torch.cat([at(3 + 2), at(-3 - 2)]))
        assert torch.equal(said("c", at(6)), at(11))
        assert torch.equal(said("d", at(6)), at(12))  # a prompt that begins now
    assert torch.equal(said("a", at(7)), at(14))  # what a patch asks beside
    assert asked == [("a", "b"), ("c",)] * 2 + [("d",), ("a",)]


def test_a_network_that_reads_more_than_it_says_is_always_asked():
    easy = EasyCache(9.0, ALWAYS)
    for value in (1, 2, 3, 4):
        with easy.evaluating():
            wide = torch.cat([at(value)] * 9, 1)
            assert torch.equal(easy("a", wide, 2.0, lambda value=value: at(value)), at(value))


class Toy:
    family, sampling, latent = "toy", ModelSampling.discrete(), LatentFormat(4, 0.5)
    device, dtype = torch.device("cpu"), torch.float32
    module = None

    def __init__(self):
        self.calls = 0

    def predict(self, x, timestep, tokens, **more):
        self.calls += 1
        return torch.tanh(x) * tokens.mean((1, 2))[:, None, None, None]


def drawn(kind, threshold, **how):
    settings = (("end", 0.95), ("start", 0.1), ("threshold", threshold))
    toy = changed(Toy(), Model(FileRef("checkpoints", "toy"), "toy", (Patch(kind, settings=settings),)))
    sides = [Conditioning((Prompt(torch.full((1, 3, 2), value)),), "toy") for value in (0.9, 0.4)]
    got = sample(toy, *sides, Latent(torch.zeros(1, 4, 8, 8)), steps=12, seed=1, cfg=3.0, **how).latent.samples
    return toy.calls, got


@pytest.mark.parametrize("kind", ["easy_cache", "lazy_cache"])
def test_sampling_asks_the_network_less_often_and_each_run_begins_anew(kind):
    whole, plain = drawn(kind, 0.0)
    fewer, near = drawn(kind, 0.3)
    assert whole == 12 and 3 <= fewer < 12
    assert 0 < float((near - plain).norm() / plain.norm()) < 0.5
    again, same = drawn(kind, 0.3, sampler="euler")
    assert again == fewer and torch.equal(same, near)
