"""Every budget, from "everything fits" down to "one layer at a time", makes the same picture within its bytes."""

import gc

import pytest
import torch

from calotype.pool.simulated import Simulated

SLACK = 1.02  # over the fewest bytes: what lives between two calls


@pytest.mark.parametrize("family", ["sd1", "sdxl", "flux"])
def test_no_budget_changes_a_bit_or_is_exceeded(bench, family):
    device = Simulated(10**10)
    whole = bench.paint(family, 0, device=device)
    assert set(whole.how().values()) == {"resident"}
    everything, least = device.peak(), int(whole.pool.placer.least() * SLACK)
    shares = [everything + least, everything // 2, least * 2, least]
    ways = []
    for limit in shares:
        whole.pool.placer.unload()
        device.limit = limit
        made = bench.paint(family, limit, device=device, pool=whole.pool)
        assert torch.equal(made.picture, whole.picture)
        ways.append(set(made.how().values()))
        assert device.peak() <= limit
    assert ways[0] == {"resident"}
    assert "streamed" in ways[-1]


@pytest.mark.parametrize("limit", [10**10, 6_000_000])
def test_memory_is_back_after_everything_is_unloaded(bench, limit):
    made = bench.paint("sd1", limit)
    del made.picture
    assert made.device.used() > 0
    assert made.pool.unload() > 0
    gc.collect()
    assert (made.device.used(), made.pool.resident()) == (0, [])


@pytest.mark.parametrize("share", [1.0, 3.0])
def test_copies_of_weights_for_streaming_stay_within_the_main_memory_that_was_asked_for(bench, share):
    device = Simulated(10**10)
    whole = bench.paint("flux", 0, device=device, decode=False)
    largest, least = max(one["bytes"] for one in whole.pool.resident()), whole.pool.placer.least()
    whole.pool.unload()
    device.limit, most = int(least * SLACK), []
    pool = bench.pool(device, ram=int(largest * share), strategy="streamed")
    made = bench.paint("flux", 0, device=device, pool=pool, decode=False, fault=lambda size: most.append(pool.bytes))
    assert torch.equal(made.latent, whole.latent)
    assert 0 < max(most) <= pool.budget
    assert pool.placer.copies > 0
