"""Corpora that other tests made, and those of models and graphs: files and documents that are made to harm."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

TESTS = Path(__file__).parents[2]


def of(path: str) -> ModuleType:
    """A module of the tests, by its path in them."""
    spec = spec_from_file_location(Path(path).stem + "_corpus", TESTS / path)
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def safe(header: Any, data: bytes = b"", *, size: int | None = None) -> bytes:
    """A safetensors file with this header, which may say what it likes. size: of the header, where that is a lie."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if size is None else size) + text + data


def tensor(shape: list[Any], ends: list[int], dtype: str = "F32") -> dict[str, Any]:
    return {"w": {"dtype": dtype, "shape": shape, "data_offsets": ends}}


SAFETENSORS: dict[str, Callable[[], bytes]] = {
    "header of 2**63 bytes": lambda: safe(b"{}", size=2**63),
    "header beyond the file": lambda: safe(b"{}", size=10**6),
    "header of 200 MB": lambda: safe(b'{"' + b"x" * 200 * 10**6 + b'":1}'),
    "shape that overflows": lambda: safe(tensor([2**32, 2**32], [0, 4]), bytes(4)),
    "negative shape": lambda: safe(tensor([-1, 4], [0, 16]), bytes(16)),
    "offsets beyond the file": lambda: safe(tensor([2**40], [0, 2**42]), bytes(8)),
    "offsets backwards": lambda: safe(tensor([1], [8, 4]), bytes(8)),
    "unknown type": lambda: safe(tensor([1], [0, 4], "P64"), bytes(4)),
    "deep header": lambda: safe(b'{"a":' * 50_000 + b"1" + b"}" * 50_000),
    "million tensors": lambda: safe(
        b"{" + b",".join(b'"%d":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}' % i for i in range(300_000)) + b"}"
    ),
}


class Touch:
    """Makes a file when it is unpickled."""

    def __init__(self, canary: Path, how: int) -> None:
        self._canary, self._how = str(canary), how

    def __reduce__(self) -> tuple[Any, ...]:
        import os
        import subprocess

        return (
            (open, (self._canary, "w")),
            (os.system, (f"touch {self._canary}",)),
            (subprocess.call, (["touch", self._canary],)),
            (exec, (f"open({self._canary!r}, 'w')",)),
            (eval, (f"open({self._canary!r}, 'w')",)),
            (__import__("shutil").copy, ("/etc/hostname", self._canary)),
        )[self._how]


def pickles(canary: Path) -> dict[str, bytes]:
    """Twelve files that make the canary if anybody unpickles them, by the name that they go under."""

    def zipped(data: bytes) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("archive/data.pkl", data)
        return out.getvalue()

    found = {}
    for how in range(6):
        data = pickle.dumps({"state_dict": Touch(canary, how)}, protocol=(0, 2, 4, 5, 2, 4)[how])
        found[f"p{how}.{('ckpt', 'pt', 'safetensors')[how % 3]}"] = data
        found[f"z{how}.{('pth', 'safetensors', 'bin')[how % 3]}"] = zipped(data)
    return found


def text(**more: Any) -> dict[str, Any]:
    """A document that is fine, but for what is said."""
    return {"calotype": 1, "name": "bomb", "nodes": {"t": {"type": "Text", "inputs": {"value": "x"}}}} | more


def links(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    return {a: {"type": "TextJoin", "inputs": {"texts": [{"from": f"{b}.text"}]}} for a, b in pairs}


def nested(levels: int, copies: int) -> dict[str, Any]:
    """Subgraphs of subgraphs: copies to the power of levels."""
    graphs = {"g0": {"nodes": {"t": {"type": "Text", "inputs": {"value": "x"}}}}}
    for level in range(1, levels):
        inner = {f"i{c}": {"type": f"subgraph/g{level - 1}"} for c in range(copies)}
        graphs[f"g{level}"] = {"nodes": inner}
    return {"calotype": 1, "subgraphs": graphs, "nodes": {"n": {"type": f"subgraph/g{levels - 1}"}}}


def node(type: str, **inputs: Any) -> bytes:
    return json.dumps({"workflow": text(nodes={"n": {"type": type, "inputs": inputs}})}).encode()


def body(document: Any) -> bytes:
    return json.dumps({"workflow": document}).encode()


GRAPHS: dict[str, Callable[[], bytes]] = {
    "a cycle": lambda: body(text(nodes=links([("a", "b"), ("b", "c"), ("c", "a")]))),
    "a link to itself": lambda: body(text(nodes=links([("a", "a")]))),
    "100,000 nodes": lambda: body(text(nodes={f"n{i}": {"type": "Text"} for i in range(100_000)})),
    "a ring of 1,000": lambda: body(text(nodes=links([(f"n{i}", f"n{(i + 1) % 1000}") for i in range(1000)]))),
    "30,000 fans": lambda: body(text(nodes=links([(f"n{i}", "n0") for i in range(30_000)]))),
    "10**9 nodes in subgraphs": lambda: body(nested(10, 10)),
    "a subgraph in itself": lambda: body(
        {
            "calotype": 1,
            "subgraphs": {"g": {"nodes": {"n": {"type": "subgraph/g"}}}},
            "nodes": {"n": {"type": "subgraph/g"}},
        }
    ),
    "10**9 runs": lambda: json.dumps({"workflow": text(), "count": 10**9}).encode(),
    "a text of 2 MB": lambda: body(text(name="x" * 2_000_000)),
    "a picture of 2**31": lambda: node("EmptyLatent", width=2**31, height=2**31),
    "a batch of 2**20": lambda: node("EmptyLatent", batch_size=2**20),
    "NaN": lambda: body(text()).replace(b'"x"', b"NaN"),
    "a key twice": lambda: body(text()).replace(b'"name":', b'"name": 1, "name":'),
    "100,000 levels": lambda: b'{"workflow":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001,
    "a sweep of 10**12": lambda: json.dumps(
        {"workflow": "text_to_image", "sweep": {k: list(range(1000)) for k in ("steps", "seed", "cfg", "width")}}
    ).encode(),
}
