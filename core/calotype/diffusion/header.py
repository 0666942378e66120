"""What a safetensors or GGUF file or a diffusers folder says of its tensors: names, shapes, types. Torch-free."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from math import prod
from pathlib import Path
from types import MappingProxyType
from typing import Any

from calotype.diffusion import gguf
from calotype.errors import ModelError

MAX_HEADER = 16 * 1024**2  # bytes; the format allows 100 million, and models have less than one
MAX_TENSORS = 50_000  # the largest models have some thousands
COMPONENTS = (
    "unet", "transformer", "transformer_2", "text_encoder", "text_encoder_2", "text_encoder_3", "vae", "controlnet",
)  # fmt: skip
WEIGHTS = ("diffusion_pytorch_model", "model", "pytorch_lora_weights")
VARIANTS = ("", ".fp16", ".bf16")
PICKLES = ("diffusion_pytorch_model", "pytorch_model")  # how pickled weights of a component are called
BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "I16": 16, "U16": 16, "F16": 16,
    "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "C64": 64, "I64": 64, "U64": 64, "F64": 64, "F4": 4,
    "F6_E2M3": 6, "F6_E3M2": 6,
}  # fmt: skip
PICKLED = "Only safetensors files are read; look for the .safetensors version."
FOREIGN = (  # first bytes; what that is; what to do
    (b"PK\x03\x04", "a pickled PyTorch file (zip), which can run code when it is opened", PICKLED),
    (b"\x80\x02", "a pickled PyTorch file, which can run code when it is opened", PICKLED),
    (b"\x80\x04", "a pickled PyTorch file, which can run code when it is opened", PICKLED),
    (
        b"version https://git-lfs",
        "a Git LFS pointer: the weights themselves were never downloaded",
        'Run "git lfs pull" where it was cloned.',
    ),
    (b"<", "a web page, probably saved in place of the file when a download failed", "Download it again."),
    (b"\x89HDF", "an HDF5 file", PICKLED),
)


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """One tensor in a file. name: its key there; start: offset of its first byte in the file."""

    file: Path
    name: str
    shape: tuple[int, ...]
    dtype: str
    start: int

    @property
    def nbytes(self) -> int:
        """Size in the file."""
        if self.dtype in gguf.BLOCKS:
            return gguf.nbytes(self.shape, self.dtype)
        return prod(self.shape) * BITS[self.dtype] // 8


@dataclass(frozen=True, slots=True)
class Header:
    """The tensors of a weights file, or of all components of a diffusers folder (named `component/key`).

    path: where it is; metadata: the file's own strings; configs: the folder's JSON files by `component/file`.
    """

    path: Path
    tensors: Mapping[str, TensorInfo]
    metadata: Mapping[str, str] = field(default_factory=dict)
    configs: Mapping[str, Any] = field(default_factory=dict)

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a tensor; empty when there is none of that name."""
        info = self.tensors.get(name)
        return info.shape if info else ()

    def under(self, prefix: str) -> dict[str, TensorInfo]:
        """The tensors whose names start with `prefix`, named by the rest."""
        return {k.removeprefix(prefix): v for k, v in self.tensors.items() if k.startswith(prefix)}

    @property
    def nbytes(self) -> int:
        """Bytes of all tensors."""
        return sum(t.nbytes for t in self.tensors.values())


def read_header(path: Path) -> Header:
    """The header of a safetensors or GGUF file or a diffusers folder. Raises ModelError: missing, foreign, damaged."""
    try:
        if path.is_dir():
            return _read_folder(path)
        said = path.stat()
        return _read_weights_file(path, said.st_size, said.st_mtime_ns)
    except OSError as error:
        raise ModelError(f"{path.name}: cannot be read: {error.strerror or error}") from error


def read_metadata(path: Path) -> Mapping[str, str]:
    """The strings in the header of a safetensors file, whose tensors are not looked at; {} for anything else.

    Raises ModelError: foreign, damaged.
    """
    if path.is_dir():
        return {}
    said = path.stat()
    return _metadata(path, said.st_size, said.st_mtime_ns)


@lru_cache(64)  # asked at every run, and a header of a whole model has hundreds of kilobytes
def _metadata(path: Path, size: int, changed: int) -> Mapping[str, str]:
    """`read_metadata` of a file in this state."""
    return MappingProxyType({} if gguf.begins(path) else _strings(_said_in(path)[0]))


@lru_cache(8)  # several questions are asked of the same few files before a run
def _read_weights_file(path: Path, size: int, changed: int) -> Header:
    """`read_header` of a file in this state."""
    return _read_gguf(path) if gguf.begins(path) else _read_file(path)


def _read_gguf(path: Path) -> Header:
    entries, metadata = gguf.read(path)
    tensors = {name: TensorInfo(path, name, e.shape, e.dtype, e.start) for name, e in entries.items()}
    return Header(path, MappingProxyType(tensors), MappingProxyType(metadata))


def _read_file(path: Path) -> Header:
    said, length = _said_in(path)
    metadata, size = _strings(said), path.stat().st_size
    tensors = {name: _tensor(path, name, entry, 8 + length) for name, entry in said.items()}
    end = max((t.start + t.nbytes for t in tensors.values()), default=8 + length)
    if end > size:
        raise ModelError(
            f"{path.name} is truncated: its header promises {end:,} bytes, the file has {size:,}. Download it again."
        )
    return Header(path, MappingProxyType(tensors), MappingProxyType(metadata))


def _strings(said: dict[str, Any]) -> dict[str, str]:
    """The metadata of a header, which is taken out of it."""
    metadata = said.pop("__metadata__", None)
    return {str(k): str(v) for k, v in metadata.items()} if isinstance(metadata, dict) else {}


def _said_in(path: Path) -> tuple[dict[str, Any], int]:
    """The JSON object at the beginning of a safetensors file, and its length in bytes."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(8)
        refuse_foreign(path.name, start + file.read(16))
        length = int.from_bytes(start, "little")
        if len(start) < 8 or not 2 <= length <= min(MAX_HEADER, size - 8):
            raise damaged(path, size, length)
        file.seek(8)
        text = file.read(length)
    if text.count(b'"data_offsets"') > MAX_TENSORS:
        raise ModelError(f"{path.name} has more than {MAX_TENSORS:,} tensors, as no model has.")
    return _parse(path, text), length


def refuse_foreign(name: str, start: bytes) -> None:
    """Raise ModelError when a file begins like something that is not safetensors."""
    if start[4:9] == b"\0\0\0\0{":
        return  # a length below 4 GiB and the beginning of a JSON object: ours, whatever the length's digits spell
    for magic, what, remedy in FOREIGN:
        if start.startswith(magic):
            raise ModelError(f"{name} is {what}. {remedy}")


def damaged(path: Path, size: int, length: int) -> ModelError:
    """The error for a file whose first bytes are no safetensors header."""
    if size < 8:
        return ModelError(f"{path.name} is empty or cut off ({size} bytes). Download it again.")
    if 2 <= length <= MAX_HEADER:
        return ModelError(f"{path.name} is truncated: its header alone is longer than the file. Download it again.")
    return ModelError(f"{path.name} is not a safetensors file: it does not begin with a header.")


def _parse(path: Path, text: bytes) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path.name} is not a safetensors file: its header is not JSON.") from error
    if not isinstance(said, dict):
        raise ModelError(f"{path.name} is not a safetensors file: its header is not an object.")
    return said


def _tensor(path: Path, name: str, entry: Any, data: int) -> TensorInfo:
    try:
        begin, end = entry["data_offsets"]
        info = TensorInfo(path, name, tuple(int(n) for n in entry["shape"]), str(entry["dtype"]), data + int(begin))
        fits = info.nbytes == end - begin and begin >= 0 and min(info.shape, default=0) >= 0
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{path.name}: the header's entry for tensor {name!r} is damaged.") from error
    if not fits:
        raise ModelError(f"{path.name}: tensor {name!r} has {end - begin} bytes, its shape needs {info.nbytes}.")
    return info


def _read_folder(path: Path) -> Header:
    tensors: dict[str, TensorInfo] = {}
    configs: dict[str, Any] = {}
    for folder, prefix in _components(path):
        for file in _weights(folder):
            tensors |= {prefix + name: info for name, info in _read_weights(path, file).items()}
    for config in (path / "model_index.json", path / "config.json", *path.glob("*/*config.json")):
        if config.is_file():
            configs[config.relative_to(path).as_posix()] = _parse(config, config.read_bytes())
    if not tensors:
        raise ModelError(
            f"{path.name} is a folder without safetensors weights. A diffusers folder has unet/, text_encoder/ and "
            "vae/ with .safetensors files inside."
        )
    return Header(path, tensors, {}, configs)


def _read_weights(folder: Path, file: Path) -> Mapping[str, TensorInfo]:
    """The tensors of one file of a folder, which the messages name. Raises ModelError."""
    name = f"{folder.name}/{file.relative_to(folder).as_posix()}"
    if not file.is_file():
        raise ModelError(f"{name} is missing, though the index beside it names it. Download the folder again.")
    try:
        return _read_file(file).tensors
    except ModelError as error:
        raise ModelError(f"{name}: {error}") from error


def _components(path: Path) -> Iterator[tuple[Path, str]]:
    yield path, ""
    for name in COMPONENTS:
        if (path / name).is_dir():
            yield path / name, f"{name}/"


def _weights(folder: Path) -> Iterable[Path]:
    """The weight files of one component: one file, its shards, or a variant of 16 bits. Raises ModelError: pickled."""
    for stem in WEIGHTS:
        for variant in VARIANTS:
            index = folder / f"{stem}.safetensors.index{variant}.json"
            whole = folder / f"{stem}{variant}.safetensors"
            if whole.is_file():
                return [whole]
            if index.is_file():
                shards = sorted(set(_parse(index, index.read_bytes()).get("weight_map", {}).values()))
                return [folder / Path(str(name)).name for name in shards]
    pickled = next((file for file in sorted(folder.glob("*.bin")) if file.stem.startswith(PICKLES)), None)
    if pickled is not None:
        raise ModelError(
            f"{folder.parent.name}/{folder.name}/{pickled.name} is a pickled PyTorch file, which can run code when it "
            f"is opened, and there is no .safetensors file beside it. {PICKLED}"
        )
    return []
