"""Values as JSON beside objects, and back."""

import math
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calotype.errors import StoreError
from calotype.store import Store, Stored, trusting
from calotype.types import (
    Artifact,
    Clip,
    Conditioning,
    Control,
    ControlNet,
    FileRef,
    Image,
    Latent,
    Mask,
    Model,
    Patch,
    Prompt,
    Saved,
    Secret,
    tensors_of,
)

KEY = "ab" * 16
FILE = FileRef("checkpoints", "a/b.safetensors", "blake3:00")


@dataclass(frozen=True)
class Grain:
    """A plugin's type."""

    field: torch.Tensor
    name: str

    def to_tensors(self) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
        return {"field": self.field}, {"name": self.name}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, torch.Tensor], meta: Mapping[str, Any]) -> "Grain":
        return cls(tensors["field"], meta["name"])


@dataclass(frozen=True)
class Stubborn(Grain):
    def to_tensors(self) -> Any:
        raise ZeroDivisionError("no")


def through_disk(root, value, **settings):
    """A value as another process reads it; None if it was not written."""
    with Store(root, disk_seconds=0, **settings) as store:
        store.put(KEY, Stored({"out": value}, 1.5, "node", "Type"))
    stored = Store(root, **settings).get(KEY)
    return stored.value("out") if stored else None


def same(one, other):
    """Equal in type and content; tensors by bits."""
    assert type(one) is type(other)
    if isinstance(one, torch.Tensor):
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        assert torch.equal(
            one.contiguous().reshape(-1).view(torch.uint8), other.contiguous().reshape(-1).view(torch.uint8)
        )
    elif hasattr(one, "__dataclass_fields__"):
        for name in one.__dataclass_fields__:
            same(getattr(one, name), getattr(other, name))
    elif isinstance(one, (list, tuple)):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            same(a, b)
    elif isinstance(one, dict):
        assert list(one) == list(other)
        for name, value in one.items():
            same(value, other[name])
    elif isinstance(one, float) and math.isnan(one):
        assert math.isnan(other)
    else:
        assert one == other


RECIPE = Model(FILE, "sd15", (Patch("lora", FILE, (("strength", 0.5),)), Patch("sampling", None, (("v", True),))))
NET = ControlNet(FILE, "sd15")
VALUES = {
    "recipe": RECIPE,
    "other recipe": Clip(FILE, "sdxl"),
    "file": FILE,
    "file without hash": FileRef("input", "x.png"),
    "artifact": Artifact("x.json", "application/json", b"{}"),
    "saved": Saved((Artifact("a.png", "image/png", b"\x89PNG"), Artifact("b", "video/mp4", b""))),
    "shown": Saved((Artifact("a.png", "image/png", b"\x89PNG"),), kept=False),
    "image": Image(torch.rand(2, 5, 7, 3)),
    "mask": Mask(torch.rand(1, 5, 7)),
    "latent": Latent(torch.randn(2, 4, 3, 3), torch.ones(1, 3, 3), (1, 3), 5),
    "latent in bf16": Latent(torch.randn(1, 4, 3, 3, dtype=torch.bfloat16)),
    "conditioning": Conditioning(
        (
            Prompt(torch.randn(1, 77, 8), torch.randn(1, 8), (Control(NET, torch.rand(1, 8, 8, 3), 0.5, 0.1, 0.9),)),
            Prompt(torch.randn(1, 5, 8), None, (), {"strength": 2.0}, {"area": torch.ones(3, 3)}),
        ),
        "sd15",
    ),
    "no elements": Image(torch.zeros(0, 8, 8, 3)),
    "not contiguous": Image(torch.rand(1, 3, 6, 9).permute(0, 2, 3, 1)[:, ::2, 1:]),
    "expanded": Mask(torch.rand(1, 1, 1).expand(2, 4, 5)),
    "a list": [Image(torch.rand(1, 2, 2, 3)), Image(torch.rand(1, 2, 2, 3))],
    "a tuple of many": (1, "two", None, [RECIPE, FILE], {"deep": [Mask(torch.ones(1, 1, 1)), ()]}),
    "one thing twice": [FILE, FILE, *[Mask(torch.ones(1, 2, 2))] * 2],
    "plain": {"json": [1, 2.5, True, None, "x"], "list": {}, "": []},
    "large numbers": [2**64 - 1, -(2**70), 1e308, -0.0],
    "not finite": [float("inf"), float("-inf"), float("nan")],
    "odd text": ["\ud800", "\0", "\u2028", "模型"],
    "tensor": torch.arange(6).reshape(2, 3),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_value_comes_back_from_disk_as_it_was(tmp_path, name):
    same(through_disk(tmp_path, VALUES[name]), VALUES[name])


@pytest.mark.parametrize(
    "dtype",
    [
        "bool",
        "uint8",
        "int8",
        "uint16",
        "int16",
        "uint32",
        "int32",
        "uint64",
        "int64",
        "float16",
        "bfloat16",
        "float32",
        "float64",
        "complex64",
        "float8_e4m3fn",
        "float8_e5m2",
    ],
)
@pytest.mark.parametrize("shape", [(), (3,), (0, 2), (2, 3, 5)], ids=str)
def test_every_dtype_and_shape_comes_back_by_bits(tmp_path, dtype, shape):
    value = (torch.rand(shape, dtype=torch.float64) * 4).to(getattr(torch, dtype))
    same(through_disk(tmp_path, [torch.ones(3, dtype=torch.uint8), value]), [torch.ones(3, dtype=torch.uint8), value])


def test_tensors_of_mixed_widths_share_one_file(tmp_path):
    odd = {"a": torch.ones(3, dtype=torch.uint8), "b": torch.rand(5), "c": torch.ones(1, dtype=torch.float64)}
    value = Conditioning((Prompt(torch.rand(1, 1, 1, dtype=torch.float16), None, (), {}, odd),))
    back = through_disk(tmp_path, value)
    same(back.prompts[0].tensors, odd)
    assert len(list((tmp_path / "objects").rglob("*.safetensors"))) == 1


def test_what_is_written_is_a_safetensors_file_that_others_read(tmp_path):
    from safetensors.torch import load_file

    image = Image(torch.rand(1, 4, 4, 3))
    through_disk(tmp_path, image)
    (path,) = (tmp_path / "objects").rglob("*.safetensors")
    same(load_file(path), {"pixels": image.pixels})


def test_writing_into_a_value_never_reaches_the_disk(tmp_path):
    image = Image(torch.rand(1, 4, 4, 3))
    through_disk(tmp_path, image).pixels.zero_()
    same(Store(tmp_path).get(KEY).value("out"), image)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(json_values)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
def test_any_json_comes_back(tmp_path_factory, value):
    same(through_disk(tmp_path_factory.mktemp("store"), value), value)


def test_a_plugins_type_comes_back_in_a_process_that_trusts_its_package(tmp_path, monkeypatch):
    grain = Grain(torch.rand(3), "fine")
    monkeypatch.setattr(Grain, "__module__", "film_grain.types")
    monkeypatch.setitem(sys.modules, "film_grain.types", sys.modules[__name__])
    same(through_disk(tmp_path, grain, types=trusting(lambda: ["film_grain"])), grain)


@pytest.mark.parametrize("trusted", [None, [], ["film"], ["film_grain.other"]], ids=str)
def test_a_type_of_a_package_that_is_not_trusted_is_never_imported(tmp_path, monkeypatch, trusted):
    for name in [name for name in sys.modules if name.partition(".")[0] == "film_grain"]:
        monkeypatch.delitem(sys.modules, name)  # other tests use the plugin of that name
    monkeypatch.setattr(Grain, "__module__", "film_grain.types")
    with pytest.raises(StoreError, match=r'of the type "film_grain\.types:Grain", which no plugin here brings'):
        through_disk(tmp_path, Grain(torch.rand(3), "fine"), types=trusting(lambda: trusted) if trusted else None)
    assert "film_grain" not in sys.modules


def test_a_type_that_is_gone_is_a_store_error(tmp_path, monkeypatch):
    with Store(tmp_path) as store:
        store.put(KEY, Stored({"out": Grain(torch.rand(3), "fine")}, 1.0, "n", "T"))
    with pytest.raises(StoreError, match="no plugin here brings"):
        Store(tmp_path, types=trusting(lambda: ["nothing_of_this_name"])).get(KEY).value("out")


@pytest.mark.parametrize(
    "value",
    [
        *(object(), Secret("TOKEN", "hush"), [1, {"x": Secret("TOKEN", "hush")}], {1: 2}, lambda: 1, {1, 2}),
        torch.float32,
        Saved((Artifact("a.bin", "application/octet-stream", memoryview(b"of a mapped file")),)),
    ],
    ids=lambda v: type(v).__name__,
)
def test_a_value_that_no_codec_knows_stays_in_memory_quietly(tmp_path, value):
    warnings = []
    with Store(tmp_path, disk_seconds=0, on_warning=warnings.append) as store:
        store.put(KEY, Stored({"good": FILE, "out": value}, 1.0, "n", "T"))
        store.flush()
        assert store.get(KEY).value("out") is value
    assert warnings == [] and not [p for p in tmp_path.rglob("*") if p.is_file()]


def test_a_type_whose_code_fails_stays_in_memory_with_a_warning_and_writing_goes_on(tmp_path):
    warnings = []
    with Store(tmp_path, disk_seconds=0, on_warning=warnings.append) as store:
        store.put(KEY, Stored({"out": Stubborn(torch.ones(1), "x")}, 1.0, "n", "Grainer"))
        store.put("cd" * 16, Stored({"out": 1}, 1.0, "n", "T"))
        store.flush()
        assert [e.key for e in store.entries()] == ["cd" * 16]
    assert warnings == ["Grainer: its Stubborn cannot be written: ZeroDivisionError: no; it stays in memory"]


def test_files_and_recipes_are_read_without_torch_numpy_or_pillow(tmp_path):
    value = [Saved((Artifact("a.png", "image/png", b"png"),)), RECIPE, FILE]
    with Store(tmp_path) as store:
        store.put(KEY, Stored({"out": value, "image": Image(torch.ones(1, 1, 1, 3))}, 1.0, "n", "T"))
    code = (
        "import sys; from pathlib import Path; from calotype.store import Store\n"
        f"print(Store(Path(sys.argv[1])).get({KEY!r}).value('out'))\n"
        "print([m for m in ('torch', 'numpy', 'PIL') if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert said.stdout == f"{value}\n[]\n"


def test_each_output_is_decoded_when_it_is_asked_for(tmp_path):
    with Store(tmp_path, disk_seconds=0) as store:
        store.put(KEY, Stored({"a": Image(torch.ones(1, 1, 1, 3)), "b": 2, "c": 3}, 1.0, "n", "T"))
    stored = Store(tmp_path).get(KEY)
    assert (stored.names, stored.seconds, stored.node, stored.type) == (("a", "b", "c"), 1.0, "n", "T")
    assert stored.value("b") == 2 and dict(stored.decoded) == {"b": 2}
    assert stored.value("a") is stored.value("a") and len(tensors_of(stored.values())) == 1
    with pytest.raises(KeyError):
        stored.value("d")
