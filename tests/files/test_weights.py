"""Headers of weights files; what is not safetensors is refused with a sentence that helps."""

import contextlib
import json
import pickle
import struct
import subprocess
import sys
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calotype.errors import ModelError
from calotype.files import safetensors_header

TENSORS = {
    "a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
    "b": {"dtype": "BF16", "shape": [4], "data_offsets": [24, 32]},
    "none": {"dtype": "F16", "shape": [0, 7], "data_offsets": [32, 32]},
    "__metadata__": {"format": "pt"},
}


def made(header, data=b"\0" * 32, raw=None):
    text = json.dumps(header).encode() if raw is None else raw
    return struct.pack("<Q", len(text)) + text + data


@pytest.fixture
def file(tmp_path):
    def write(data, name="m.safetensors"):
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    return write


def test_a_header_is_read_whole(file):
    assert safetensors_header(file(made(TENSORS))) == TENSORS


def test_files_of_the_library_itself_are_read(file, tmp_path):
    import torch
    from safetensors.torch import save_file

    save_file({"x": torch.zeros(2, 2, dtype=torch.bfloat16), "y": torch.zeros(0)}, tmp_path / "x.safetensors")
    header = safetensors_header(tmp_path / "x.safetensors")
    assert {n: (h["dtype"], h["shape"]) for n, h in header.items()} == {"x": ("BF16", [2, 2]), "y": ("F32", [0])}


CHANGED = {
    "begins at byte": {"a": {"dtype": "F32", "shape": [2], "data_offsets": [8, 16]}},
    "cut short": {"a": {"dtype": "F32", "shape": [100], "data_offsets": [0, 400]}},
    "belong to no tensor": {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}},
    "not those of": {"a": {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]}},
    "unknown dtype": {"a": {"dtype": "Q4", "shape": [3], "data_offsets": [0, 8]}},
    "has the shape": {"a": {"dtype": "F32", "shape": [-2], "data_offsets": [0, 8]}},
    "no dtype, shape and data_offsets": {"a": {"dtype": "F32"}},
    "not an object of strings": {"__metadata__": {"a": 1}},
}


@pytest.mark.parametrize("reason", CHANGED)
def test_a_header_that_does_not_fit_its_file_is_refused(file, reason):
    with pytest.raises(ModelError, match=f'"m.safetensors".*{reason}'):
        safetensors_header(file(made(CHANGED[reason])))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "too few"),
        (b"1234", "too few"),
        (struct.pack("<Q", 2**63) + b"x", "is not safetensors: its header would have"),
        (struct.pack("<Q", 50_000_000) + b"{}", "its header ends at byte 50000008, the file at byte 10"),
        (made({}, b"", raw=b"not json"), "cannot be read"),
        (made({}, b"", raw=b"[1]"), "not a JSON object"),
        (made({}, b"", raw=b"\xff\xfe{}"), "cannot be read"),
        (made({}, b"", raw=b"[" * 100_000), "cannot be read"),
        (made({}, b"", raw=b'{"a": {}, "a": {}}'), "a name stands in it twice"),
        (b"GGUF\x03\0\0\0", "GGUF"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
        (b"<!doctype html><html>", "web page"),
    ],
)
def test_anything_else_is_refused(file, data, reason):
    with pytest.raises(ModelError, match=reason) as error:
        safetensors_header(file(data))
    assert '"m.safetensors"' in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["m.safetensors", "m.ckpt", "m.pt", "m.bin"])
@pytest.mark.parametrize("kind", ["zip", "pickle2", "pickle4"])
def test_a_pickle_is_refused_under_any_name_and_says_to_convert_it(file, tmp_path, name, kind):
    path = tmp_path / name
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("archive/data.pkl", b"x")
    else:
        path.write_bytes(pickle.dumps({"state_dict": list(range(5000))}, protocol=int(kind[-1])))
    with pytest.raises(ModelError, match=r"is a Python pickle, which is never opened.*convert it"):
        safetensors_header(path)


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(ModelError, match="cannot be read: No such file"):
        safetensors_header(tmp_path / "m.safetensors")


@given(cut=st.integers(0, 400))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_cut_anywhere_is_refused(file, cut):
    data = made(TENSORS)
    with pytest.raises(ModelError):
        safetensors_header(file(data[: min(cut, len(data) - 1)]))


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda raw: made({}, b"", raw)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_give_a_header_or_a_model_error(file, data):
    with contextlib.suppress(ModelError):
        assert isinstance(safetensors_header(file(data)), dict)


def test_files_and_headers_need_no_torch():
    code = (
        "import sys, calotype.files, calotype.store; print([m for m in ('torch', 'numpy', 'PIL') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"[]\n"
