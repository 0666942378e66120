"""Weights in blocks, as GGUF files store them: they stay so, and become numbers where a layer computes with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from calotype.diffusion.gguf import BLOCKS
from calotype.diffusion.header import TensorInfo
from calotype.errors import ModelError

MISSING = "{name} is a GGUF file with weights of the type {kind}; reading them needs: pip install 'calotype[gguf]'."


class Blocks(nn.Parameter):
    """A weight whose bytes are blocks of a GGUF type.

    kind: the type ("Q8_0"); numbers: the shape of what it stands for. Its own shape is rows of bytes.
    """

    kind: str
    numbers: tuple[int, ...]

    def __new__(cls, data: Tensor, kind: str, numbers: tuple[int, ...]) -> Blocks:
        """Over the same bytes."""
        made = torch.Tensor._make_subclass(cls, data, False)
        made.kind, made.numbers = kind, numbers
        return made


def shape_of(weight: Tensor) -> tuple[int, ...]:
    """The shape that a weight has for its layer."""
    return weight.numbers if isinstance(weight, Blocks) else tuple(weight.shape)


def spread(weight: Blocks, dtype: torch.dtype) -> Tensor:
    """The numbers that blocks stand for, computed in `dtype`."""
    from diffusers.quantizers.gguf.utils import dequantize_functions
    from gguf import GGMLQuantizationType

    numbers, size = BLOCKS[weight.kind]
    blocks = weight.data.as_subclass(torch.Tensor).reshape(-1, size)
    made: Tensor = dequantize_functions[GGMLQuantizationType[weight.kind]](blocks, numbers, size, dtype=dtype)
    return made.reshape(weight.numbers)


def mapped(info: TensorInfo, dtypes: dict[str, torch.dtype]) -> Tensor:
    """A tensor of a GGUF file: a view of the mapped file; of blocks, (rows, bytes). Raises ModelError, OSError."""
    if info.dtype in BLOCKS:
        refuse_without_package(info.file, info.dtype)
        rows = (*info.shape[:-1], -1) if len(info.shape) > 1 else (1, -1)
        return torch.from_numpy(_bytes(info)).reshape(rows)
    return torch.from_numpy(_bytes(info)).view(dtypes[info.dtype]).reshape(info.shape)


def _bytes(info: TensorInfo) -> Any:
    """Copied where written to, so that nothing reaches the file."""
    return np.memmap(info.file, np.uint8, "c", info.start, (info.nbytes,))


def refuse_without_package(path: Path, kind: str) -> None:
    """Raise ModelError, before anything is loaded, where the extra that knows blocks is not installed."""
    from importlib.util import find_spec

    if find_spec("gguf") is None:
        raise ModelError(MISSING.format(name=path.name, kind=kind))
