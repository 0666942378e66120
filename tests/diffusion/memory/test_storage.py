"""Layers whose weights are kept in 8 bits: how much less they take, and what is computed with them."""

import pytest
import torch
from tests.diffusion.memory.conftest import LORA, file_of

from calotype.diffusion.loading.narrow import NARROW, layers_of, small
from calotype.pool.simulated import Simulated
from calotype.runtime import Runtime
from calotype.settings import Settings
from calotype.types import Model, Patch


def tensors_of(module):
    return {name: tensor for name, tensor in module.named_parameters() if tensor is not None}


def round_off(module):
    for name in layers_of(module):
        layer = module.get_submodule(name.removesuffix(".weight"))
        for weight in (tensor for name, tensor in layer._parameters.items() if name.endswith("weight")):
            weight.data = small(weight).to(weight.dtype)


@pytest.mark.parametrize("family", ["sd1", "flux"])
def test_they_compute_what_their_rounded_weights_do_however_they_are_placed(bench, family):
    device = Simulated(10**10)
    wide, narrow = bench.pool(device), bench.pool(device, narrow=True)
    with wide.use(Model(file_of(family), family)) as denoiser:
        round_off(denoiser.module)
        wide.placer.unload()
        expected, _ = bench.denoise(family, wide)
    wide.unload()
    found, _ = bench.denoise(family, narrow)
    assert torch.equal(found, expected)
    narrow.placer.unload()
    device.limit = int(narrow.placer.least() * 1.02)
    streamed, told = bench.denoise(family, narrow)
    assert [one.how for one in told if one.what == "placed"] == ["streamed"]
    assert torch.equal(streamed, expected)


def test_they_are_the_layers_that_diffusers_casts(bench):
    with bench.pool(Simulated(10**10)).use(Model(file_of("sd1"), "sd1")) as denoiser:
        chosen = set(layers_of(denoiser.module))
        denoiser.module.enable_layerwise_casting(storage_dtype=NARROW, compute_dtype=torch.float32)
        theirs = {
            f"{name}.weight" for name, layer in denoiser.module.named_modules() if hasattr(layer, "_diffusers_hook")
        }
    assert chosen == theirs


def test_they_take_a_quarter_of_float32_and_are_shared_where_a_lora_leaves_them_alone(bench):
    pools = [bench.pool(Simulated(10**10), narrow=narrow) for narrow in (False, True)]
    plain = Model(file_of("sd1"), "sd1")
    adapted = plain.patched(Patch("lora", LORA, (("strength", 1.0),)))
    sizes = []
    for pool in pools:
        with pool.use(plain) as one:
            sizes.append(pool.bytes)
            with pool.use(adapted) as other:
                touched = {n for n, t in tensors_of(other.module).items() if t is not tensors_of(one.module)[n]}
                assert len(touched) == 1
                (size,) = (tensors_of(other.module)[n].nbytes for n in touched)
                assert pool.bytes == sizes[-1] + size
    assert sizes[1] < 0.3 * sizes[0]


def test_they_are_a_part_of_every_key(tmp_path):
    settings = Settings.load(home=tmp_path, device="cpu", env={"CALOTYPE_STORAGE": "fp8"})
    narrow, wide = (Runtime.here("cpu", storage=said) for said in (settings.storage, "auto"))
    assert narrow.fingerprint != wide.fingerprint
    assert (narrow.to_dict()["storage"], "storage" in wide.to_dict()) == ("fp8", False)
    with pytest.raises(ValueError, match='storage "fp4" is not known; it is one of auto, fp8'):
        Settings.load(home=tmp_path, storage="fp4", env={})
