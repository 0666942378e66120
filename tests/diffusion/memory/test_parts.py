"""ControlNets, LoRAs and every placement: the same bits as with all the memory there is."""

import gc

import pytest
import torch
from tests.diffusion.memory.conftest import CONTROL, LORA, file_of

from calotype.pool.simulated import Simulated
from calotype.settings import PLACEMENTS
from calotype.types import Control, ControlNet, Model, Patch

MODEL = Model(file_of("sd1"), "sd1")


@pytest.fixture(scope="module")
def whole(bench):
    return bench.denoise("sd1", bench.pool(Simulated(10**10)), steps=1)[0]


@pytest.mark.parametrize("strategy", sorted(set(PLACEMENTS) - {"auto"}))
def test_every_placement_gives_the_same_bits_and_takes_itself_off(bench, whole, strategy):
    pool = bench.pool(Simulated(10**10), strategy=strategy)
    for _ in range(2):  # the second time it is placed anew
        found, told = bench.denoise("sd1", pool, steps=1)
        (placed,) = [one.how for one in told if one.what == "placed"]
        assert torch.equal(found, whole)
        assert placed == {"whole": "resident"}.get(strategy, strategy)
        pool.placer.unload()
    with pool.use(MODEL) as denoiser:
        assert all(tensor.device.type == "cpu" for tensor in denoiser.module.parameters())
        assert not any(layer._forward_pre_hooks for layer in denoiser.module.modules())


def test_a_lora_has_tensors_of_its_own_only_where_it_changes_some(bench, whole):
    pool = bench.pool(Simulated(10**10))
    adapted = MODEL.patched(Patch("lora", LORA, (("strength", 1.0),)))
    with pool.use(MODEL) as one:
        alone = pool.bytes
        with pool.use(adapted) as other:
            own = [p for p, q in zip(other.module.parameters(), one.module.parameters(), strict=True) if p is not q]
            assert [tuple(tensor.shape) for tensor in own] == [(64, 64)]
            assert pool.bytes == alone + own[0].nbytes
    changed, _ = bench.denoise("sd1", pool, recipe=adapted, steps=1)
    assert not torch.equal(changed, whole)
    pool.placer.unload()
    pool.placer.device.limit = int(pool.placer.least() * 1.02)
    streamed, told = bench.denoise("sd1", pool, recipe=adapted, steps=1)
    assert [one.how for one in told if one.what == "placed"] == ["streamed"]
    assert torch.equal(streamed, changed)


def steered(bench, pool):
    """A latent of a model and a ControlNet that take turns at every step."""
    net, hint = ControlNet(CONTROL, "sd1"), torch.rand(1, 64, 64, 3, generator=torch.Generator().manual_seed(0))
    words = [side.mapped(controls=(Control(net, hint, 1.0),)) for side in bench.words("sd1")]
    with pool.use(net) as control:
        return bench.denoise("sd1", pool, words=words, controls={net: control})


def test_a_controlnet_and_its_model_share_a_device_that_holds_neither_whole(bench):
    device = Simulated(10**10)
    pool = bench.pool(device)
    whole, _ = steered(bench, pool)
    assert not torch.equal(whole, bench.denoise("sd1", pool)[0])
    moved = []
    for limit in (int(pool.placer.least() * 1.1), pool.bytes * 2 // 3):
        pool.placer.unload()
        device.limit = limit
        found, told = steered(bench, pool)
        assert torch.equal(found, whole)
        assert {one.part for one in told if one.what == "placed"} == {"denoiser", "controlnet"}
        moved.append({one.why for one in told if one.what == "moved out"})
    assert moved == [{"room for control.safetensors"}, set()]  # the second time there is room for both, in part
    del found, whole
    assert pool.unload() > 0
    gc.collect()
    assert (pool.bytes, pool.placer.copies, device.used()) == (0, 0, 0)
