import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from calotype.diffusion.header import TensorInfo, read_header
from calotype.errors import ModelError


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.safetensors"
    save_file({"x": np.zeros((2, 3), np.float16), "y": np.zeros(4, np.float32)}, path, {"made": "by a test"})
    return path


def test_a_header_says_names_shapes_types_and_metadata(file):
    header = read_header(file)
    shapes = {name: (info.shape, info.dtype, info.nbytes) for name, info in header.tensors.items()}
    assert shapes == {"x": ((2, 3), "F16", 12), "y": ((4,), "F32", 16)}
    assert header.metadata == {"made": "by a test"}
    assert header.nbytes == 28


def test_a_truncated_file_is_named_with_both_sizes(file):
    file.write_bytes(file.read_bytes()[:-5])
    size = file.stat().st_size
    with pytest.raises(ModelError) as caught:
        read_header(file)
    assert str(caught.value) == (
        f"a.safetensors is truncated: its header promises {size + 5} bytes, the file has {size}. Download it again."
    )


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (b"PK\x03\x04" + bytes(40), "a pickled PyTorch file (zip)"),
        (b"\x80\x02}q\x00(X" + bytes(40), "a pickled PyTorch file"),
        (b"GGUF\x03\x00\x00\x00" + bytes(40), "a GGUF file"),
        (b"<!DOCTYPE html><html>" + bytes(40), "a web page"),
        (b"version https://git-lfs.github.com/spec/v1", "a Git LFS pointer"),
        (b"", "empty or cut off"),
        (b"\x00" * 40, "not a safetensors file"),
        (struct.pack("<Q", 5000) + b"{}", "truncated"),
        (struct.pack("<Q", 2) + b"[]", "not a safetensors file"),
        (struct.pack("<Q", 8) + b'{"a": 1}', "damaged"),
    ],
)
def test_a_file_that_is_no_safetensors_file_is_named_in_one_sentence(tmp_path, start, said):
    path = tmp_path / "model.ckpt"
    path.write_bytes(start)
    with pytest.raises(ModelError, match=r"^model\.ckpt") as caught:
        read_header(path)
    assert said in str(caught.value)


def test_a_missing_file_is_a_model_error(tmp_path):
    with pytest.raises(ModelError, match="cannot be read"):
        read_header(tmp_path / "gone.safetensors")


def test_a_header_length_that_spells_a_pickle_is_still_a_header(tmp_path):
    path = tmp_path / "a.safetensors"
    text = json.dumps({"x": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode().ljust(0x280)
    path.write_bytes(struct.pack("<Q", 0x280) + text + bytes(4))
    assert read_header(path).tensors["x"] == TensorInfo(path, "x", (1,), "F32", 8 + 0x280)


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_a_model_error(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "f"
    path.write_bytes(data)
    try:
        read_header(path)
    except ModelError as error:
        assert str(error).startswith("f")


odd = st.none() | st.integers() | st.text(max_size=3) | st.lists(st.integers() | st.none(), max_size=3)
entry = st.fixed_dictionaries({"dtype": odd | st.just("F16"), "shape": odd, "data_offsets": odd})


@given(st.dictionaries(st.text(max_size=3), entry | odd, max_size=3))
def test_no_json_raises_anything_but_a_model_error(tmp_path_factory, said):
    path = tmp_path_factory.getbasetemp() / "f"
    text = json.dumps(said).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text)
    try:
        read_header(path)
    except ModelError as error:
        assert str(error).startswith("f")


def test_a_diffusers_folder_is_one_header_of_all_components(tmp_path):
    for component, name in (("unet", "diffusion_pytorch_model"), ("vae", "diffusion_pytorch_model.fp16")):
        (tmp_path / component).mkdir()
        save_file({"w": np.zeros(2, np.float16)}, tmp_path / component / f"{name}.safetensors")
    (tmp_path / "scheduler").mkdir()
    (tmp_path / "scheduler" / "scheduler_config.json").write_text('{"prediction_type": "v_prediction"}')
    header = read_header(tmp_path)
    assert sorted(header.tensors) == ["unet/w", "vae/w"]
    assert header.configs == {"scheduler/scheduler_config.json": {"prediction_type": "v_prediction"}}


def test_shards_of_a_folder_are_read_together(tmp_path):
    for i in (1, 2):
        save_file({f"w{i}": np.zeros(2, np.float16)}, tmp_path / f"model-{i}.safetensors")
    index = {"weight_map": {"w1": "model-1.safetensors", "w2": "model-2.safetensors"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    assert sorted(read_header(tmp_path).tensors) == ["w1", "w2"]


def test_a_folder_without_weights_says_what_a_model_folder_has(tmp_path):
    with pytest.raises(ModelError, match="A diffusers folder has unet/"):
        read_header(tmp_path)


def test_a_header_of_more_tensors_than_any_model_has_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "many.safetensors"
    entry = b'"%d":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}'
    text = b"{" + b",".join(entry % i for i in range(50_001)) + b"}"
    path.write_bytes(len(text).to_bytes(8, "little") + text)
    with pytest.raises(ModelError, match="more than 50,000 tensors"):
        read_header(path)
