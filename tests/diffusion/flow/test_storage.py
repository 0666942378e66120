"""Weights in 8 and 16 bits: as exact as the file, and no larger in memory."""

import pytest
import torch
from safetensors.torch import save_file

from calotype.diffusion.families.inspect import family_of
from calotype.diffusion.loading import Shared, load, size_of
from calotype.types import Clip, FileRef, Model, Patch, Vae

CPU = torch.device("cpu")
FILE = FileRef("checkpoints", "model")
E4M3, E5M2 = torch.float8_e4m3fn, torch.float8_e5m2


def error(a, b):
    return float((a - b).norm() / b.norm())


def written(path, weights, dtype):
    """The weights cast, and the same values in float32 in a second file."""
    small = {k: v.to(dtype) if v.dim() > 1 and k != "pos_embed" else v for k, v in weights.items()}
    save_file(small, path)
    save_file({k: v.float() for k, v in small.items()}, path.with_suffix(".wide"))
    return path, path.with_suffix(".wide")


def scaled(path, weights):
    """Scaled fp8: matrices divided by a number that lies beside them; and the values that are meant, in a second."""
    small, wide = {"scaled_fp8": torch.zeros(2, dtype=E4M3)}, {}
    for name, weight in weights.items():
        if weight.dim() == 2 and name.endswith(".weight"):
            scale = weight.float().abs().max() / 448
            small[name] = (weight.float() / scale).to(E4M3)
            small[name.removesuffix(".weight") + ".scale_weight"] = scale
            small[name.removesuffix(".weight") + ".scale_input"] = torch.ones(())
            wide[name] = small[name].float() * scale
        else:
            small[name], wide[name] = weight, weight.float()
    save_file(small, path)
    save_file(wide, path.with_suffix(".wide"))
    return path, path.with_suffix(".wide")


def made(kind, path, dtype=torch.float32):
    return load(kind(FILE, family_of(path)), lambda f: path, CPU, dtype)


def predicted(path):
    model = made(Model, path)
    draw = torch.Generator().manual_seed(1)
    x, tokens = torch.randn(1, 16, 4, 4, generator=draw), torch.randn(1, 5, 128, generator=draw)
    with torch.no_grad():
        return model.predict(x, torch.tensor([0.7]), tokens, pooled=torch.ones(1, 128 if model.family == "sd3" else 64))


@pytest.fixture(params=["sd3", "flux"])
def weights(request, flow):
    from tests.diffusion.conftest import drawn

    shapes = flow.sd3_shapes(normed=True, dual=1) if request.param == "sd3" else flow.flux_shapes()
    return {k: torch.from_numpy(v) for k, v in drawn(shapes).items()}


@pytest.mark.parametrize("dtype", [E4M3, E5M2, torch.bfloat16, torch.float16], ids=str)
def test_small_types_compute_what_their_values_in_float32_do(tmp_path, weights, dtype):
    small, wide = written(tmp_path / "small.safetensors", weights, dtype)
    assert error(predicted(small), predicted(wide)) < 1e-6


def test_scaled_fp8_computes_what_its_scaled_values_do(tmp_path, weights):
    small, wide = scaled(tmp_path / "small.safetensors", weights)
    assert error(predicted(small), predicted(wide)) < 1e-6


@pytest.mark.parametrize("dtype", [E4M3, torch.bfloat16], ids=str)
def test_memory_stays_that_of_the_file(tmp_path, weights, dtype):
    small, _ = written(tmp_path / "small.safetensors", weights, dtype)
    model = made(Model, small)
    held = sum(t.nbytes for t in model.tensors() if t is not None)
    vectors = sum(v.nbytes for v in weights.values() if v.dim() < 2)
    assert held <= small.stat().st_size + vectors  # vectors are float16 in the file and float32 here
    assert size_of(Model(FILE, family_of(small)), lambda f: small, CPU, torch.float32) == held


def test_two_models_of_one_file_share_their_small_weights(tmp_path, weights):
    small, _ = written(tmp_path / "small.safetensors", weights, E4M3)
    shared, family = Shared(), family_of(small)
    one, two = (load(Model(FILE, family), lambda f: small, CPU, shared=shared) for _ in range(2))
    addresses = [{t.data_ptr() for t in m.tensors() if t.dtype == E4M3} for m in (one, two)]
    assert addresses[0] == addresses[1] != set()


def test_a_text_encoder_and_a_unet_in_8_bits_compute_too(tiny, flow, tmp_path):
    text = {k: torch.from_numpy(v) for k, v in tiny.drawn(flow.t5_shapes()).items()}
    small, wide = written(tmp_path / "t5.safetensors", text, E5M2)
    said = [made(Clip, path).encode("a (red:1.3) cat").tokens for path in (small, wide)]
    assert error(*said) < 1e-6
    for family, shapes in unets(tiny).items():
        unet = {k: torch.from_numpy(v) for k, v in tiny.drawn(shapes).items()}
        small, wide = written(tmp_path / f"{family}.safetensors", unet, E4M3)
        assert family_of(small) == family
        draw = torch.Generator().manual_seed(1)
        x, tokens, pooled = (torch.randn(*shape, generator=draw) for shape in ((1, 4, 8, 8), (1, 7, 64), (1, 64)))
        how = {"pooled": pooled} if family.startswith("sdxl") else {}
        said = [made(Model, path).predict(x, torch.tensor([3.0]), tokens, **how) for path in (small, wide)]
        assert error(*said) < 1e-5, family


def unets(tiny):
    """A small U-Net of every family that has one."""
    narrow = {"widths": (32, 64), "depths": (1, 0), "layers": 1}
    sized = {"layers": 1, "linear": True}
    return {
        "sd1": tiny.unet_shapes(**narrow),
        "sd2": tiny.unet_shapes(**narrow, linear=True),
        "sdxl": tiny.unet_shapes((32, 32, 64), depths=(0, 1, 1), sizes=64 + 6 * 256, **sized),
        "sdxl-refiner": tiny.unet_shapes((32, 32, 64, 64), depths=(0, 1, 1, 0), sizes=64 + 5 * 256, **sized),
    }


def test_an_autoencoder_in_8_bits_computes_too(tiny, tmp_path):
    vae = {k: torch.from_numpy(v) for k, v in tiny.drawn(tiny.vae_shapes()).items()}
    small, wide = written(tmp_path / "vae.safetensors", vae, E4M3)
    said = [made(Vae, path).decode(torch.ones(1, 4, 4, 4)) for path in (small, wide)]
    assert error(*said) < 1e-6


def test_a_lora_on_weights_in_8_bits_changes_them_in_16(tiny, tmp_path):
    unet = {k: torch.from_numpy(v) for k, v in tiny.drawn(tiny.unet_shapes()).items()}
    small, wide = written(tmp_path / "unet.safetensors", unet, E4M3)
    module = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q"
    lora = tiny.saved(tmp_path / "lora.safetensors", tiny.lora_shapes({module: (32, 32)}))
    patch = Patch("lora", FileRef("loras", "lora"), (("strength", 1.0),))
    x, tokens = torch.randn(1, 4, 8, 8), torch.randn(1, 77, 64)
    said = []
    for path in (small, wide):
        model = load(
            Model(FILE, "sd1", (patch,)), lambda f, p=path: lora if f.folder == "loras" else p, CPU, torch.float32
        )
        said.append(model.predict(x, torch.tensor([3.0]), tokens))
    assert error(*said) < 1e-3


def test_weights_in_8_bits_are_computed_in_a_wider_type_whatever_is_asked(tmp_path, weights):
    small, _ = written(tmp_path / "small.safetensors", weights, E4M3)
    assert made(Model, small, "file").dtype == torch.float32
    assert made(Model, small, torch.bfloat16).dtype == torch.bfloat16


def test_what_overflows_float16_is_computed_in_bfloat16(sd3, flux):
    assert [made(Model, path, torch.float16).dtype for path in (sd3, flux)] == [torch.float16, torch.bfloat16]
    clip, t5 = made(Clip, flux, torch.float16).encoders
    assert {p.dtype for p in clip.parameters()} == {torch.float16}
    assert {p.dtype for p in t5.parameters()} == {torch.bfloat16}
