"""GGUF files of denoisers: recognised from the header, computed from their blocks."""

import io
import subprocess
import sys

import gguf
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load as load_bytes
from safetensors.torch import load_file

from calotype.diffusion.families.inspect import inspect
from calotype.diffusion.header import read_header
from calotype.diffusion.loading import load, size_of
from calotype.diffusion.loading.blocks import Blocks
from calotype.diffusion.saving import model_parts, write
from calotype.errors import ModelError
from calotype.types import FileRef, Model, Patch

KINDS = ("Q8_0", "Q4_0", "F16", "Q5_1")


@pytest.fixture(scope="module")
def state(tools):
    """A tiny Z-Image under the names of the first release."""
    from diffusers import ZImageTransformer2DModel

    made = tools.lively(
        ZImageTransformer2DModel(
            dim=96, n_layers=1, n_refiner_layers=1, n_heads=6, n_kv_heads=6, cap_feat_dim=32, axes_dims=[4, 6, 6]
        ),
        3,
    )
    found = dict(made.state_dict())
    for name in [n for n in found if n.endswith("attention.to_q.weight")]:
        base = name.removesuffix("to_q.weight")
        found[base + "qkv.weight"] = torch.cat([found.pop(f"{base}to_{p}.weight") for p in "qkv"])
    renames = {"all_x_embedder.2-1": "x_embedder", "all_final_layer.2-1": "final_layer", "to_out.0": "out"}
    for theirs, first in {**renames, "norm_q": "q_norm", "norm_k": "k_norm"}.items():
        found = {name.replace(theirs, first): tensor for name, tensor in found.items()}
    return found


@pytest.fixture(scope="module", params=KINDS)
def files(request, state, tools, tmp_path_factory):
    """The file in blocks, and one with the numbers that those blocks stand for."""
    root = tmp_path_factory.mktemp("gguf")
    kind = gguf.GGMLQuantizationType[request.param]
    writer = gguf.GGUFWriter(root / "model.gguf", "lumina2")
    numbers = {}
    for name, tensor in state.items():
        data = tensor.numpy()
        fits = data.ndim > 1 and data.shape[-1] % 32 == 0 and "pad_token" not in name
        stored = gguf.quants.quantize(data, kind) if fits else data
        writer.add_tensor(name, stored, raw_dtype=kind if fits else None)
        back = gguf.quants.dequantize(stored, kind) if fits else data
        numbers[name] = torch.from_numpy(np.array(back, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return request.param, root / "model.gguf", tools.file_of(root / "numbers.safetensors", numbers)


def denoiser(path, *patches, paths=None):
    recipe = Model(FileRef("unet", path.name), "z-image", tuple(patches))
    return load(recipe, lambda file: (paths or {}).get(file.name, path), torch.device("cpu"))


def said(model):
    x = torch.randn(1, 16, 4, 6, generator=torch.Generator().manual_seed(1))
    tokens = torch.randn(1, 5, 32, generator=torch.Generator().manual_seed(2))
    return model.predict(x, torch.tensor([0.7]), tokens)


def test_the_header_names_the_family_without_torch(files):
    _, path, _ = files
    code = (
        "import sys; from pathlib import Path; from calotype.diffusion.families.inspect import inspect;"
        "print(inspect(Path(sys.argv[1])).family, 'torch' in sys.modules, 'gguf' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["z-image", "False", "False"]


def test_shapes_are_those_of_the_numbers_and_bytes_those_of_the_file(files, state):
    kind, path, _ = files
    header = read_header(path)
    assert {n: i.shape for n, i in header.tensors.items()} == {n: tuple(t.shape) for n, t in state.items()}
    theirs = {t.name: (int(t.n_bytes), int(t.data_offset)) for t in gguf.GGUFReader(path).tensors}
    assert {n: (i.nbytes, i.start) for n, i in header.tensors.items()} == theirs
    assert header.tensors["layers.0.attention.qkv.weight"].dtype == kind


def test_what_is_computed_is_what_the_numbers_give(files, tools):
    kind, path, numbers = files
    assert tools.distance(said(denoiser(path)), said(denoiser(numbers))) < 1e-5
    held = [t for t in denoiser(path).tensors() if isinstance(t, Blocks)]
    assert bool(held) == (kind != "F16")


def test_blocks_take_their_own_room_and_no_more(files):
    kind, path, numbers = files
    recipes = [(p, Model(FileRef("unet", p.name), "z-image")) for p in (path, numbers)]
    sizes = [size_of(recipe, lambda f, p=p: p, torch.device("cpu")) for p, recipe in recipes]
    held = sum(t.nbytes for t in denoiser(path).tensors())
    assert held <= sizes[0] * 1.01
    assert sizes[0] < sizes[1] * {"Q8_0": 0.5, "Q4_0": 0.4, "Q5_1": 0.45, "F16": 0.65}[kind]


def test_a_lora_reaches_weights_in_blocks(files, tools, tmp_path):
    _, path, numbers = files
    down, up = torch.randn(2, 96), torch.randn(96, 2)
    name = "diffusion_model.layers.0.attention.to_k"
    lora = tools.file_of(tmp_path / "lora.safetensors", {f"{name}.lora_A.weight": down, f"{name}.lora_B.weight": up})
    patch = Patch("lora", FileRef("loras", lora.name), (("strength", 0.5),))
    changed, plain = (denoiser(p, patch, paths={lora.name: lora}) for p in (path, numbers))
    assert tools.distance(said(changed), said(plain)) < 0.02  # what changes is kept in bfloat16
    assert tools.distance(said(changed), said(denoiser(path))) > 0.01


def test_a_missing_extra_is_said_with_what_to_install(files, monkeypatch):
    kind, path, _ = files
    if kind == "F16":
        pytest.skip("nothing in blocks")
    monkeypatch.setitem(sys.modules, "gguf", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(
        ModelError, match=rf"model.gguf is a GGUF file with weights of the type {kind}.*calotype\[gguf\]"
    ):
        denoiser(path)


def written(path, tensors, architecture="flux", **dtypes):
    writer = gguf.GGUFWriter(path, architecture)
    for name, data in tensors.items():
        writer.add_tensor(name, data)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_a_language_model_in_gguf_is_named_and_refused(tmp_path):
    path = written(tmp_path / "qwen.gguf", {"blk.0.attn_q.weight": np.zeros((4, 4), np.float32)}, "qwen3")
    with pytest.raises(ModelError, match=r"qwen.gguf is a language model in GGUF \(architecture qwen3\).*safetensors"):
        inspect(path)


def test_a_file_that_is_cut_off_is_named_as_that(tmp_path):
    path = written(tmp_path / "cut.gguf", {"head.modulation": np.zeros((64, 64), np.float32)})
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ModelError, match=r"cut.gguf is truncated"):
        inspect(path)


@given(st.binary(max_size=200))
def test_any_bytes_behind_the_magic_are_refused_with_one_sentence(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("any") / "any.gguf"
    path.write_bytes(b"GGUF" + data)
    with pytest.raises(ModelError, match=r"any.gguf"):
        inspect(path)


def test_tensors_of_five_dimensions_come_back_from_the_shape_beside_them(tools, tmp_path):
    from diffusers import WanTransformer3DModel

    network = tools.lively(
        WanTransformer3DModel(
            num_attention_heads=1, attention_head_dim=32, text_dim=32, freq_dim=32, ffn_dim=64, num_layers=1
        ),
        5,
    )  # fmt: skip
    writer, numbers = gguf.GGUFWriter(tmp_path / "wan.gguf", "wan"), {}
    kind = gguf.GGMLQuantizationType.Q8_0
    for name, tensor in network.state_dict().items():
        data = tensor.numpy()
        if data.ndim > 4:
            writer.add_array(f"comfy.gguf.orig_shape.{name}", list(data.shape))
        whole = data.ndim != 2
        stored = data.reshape(len(data), -1) if data.ndim > 4 else data if whole else gguf.quants.quantize(data, kind)
        writer.add_tensor(name, stored, raw_dtype=None if whole else kind)
        numbers[name] = tensor if whole else torch.from_numpy(gguf.quants.dequantize(stored, kind))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    files = tmp_path / "wan.gguf", tools.file_of(tmp_path / "wan.safetensors", numbers)
    assert [inspect(path).family for path in files] == ["wan", "wan"]
    x, words = tools.noise(1, 16, 2, 4, 6), torch.ones(1, 5, 32)
    said = [tools.load_model("wan", path).predict(x, torch.tensor([700.0]), words) for path in files]
    assert tools.distance(*said) < 1e-5


def test_a_model_in_blocks_is_saved_as_the_numbers_that_they_stand_for(files):
    kind, path, numbers = files
    parts, want = model_parts(Model(FileRef("unet", path.name), "z-image"), lambda file: path), load_file(numbers)
    for asked in ("float32", "stored"):
        there = io.BytesIO()
        write(parts, there, {}, numbers=asked)
        got = {k.removeprefix("model.diffusion_model."): v for k, v in load_bytes(there.getvalue()).items()}
        assert got.keys() == want.keys()
        for name, tensor in got.items():
            torch.testing.assert_close(tensor.float(), want[name].to(tensor.dtype).float(), atol=1e-6, rtol=1e-5)
    types = {tensor.dtype for tensor in got.values()}
    assert types == {torch.float32, torch.float16 if kind == "F16" else torch.bfloat16}
