"""Textual inversion: words that were learnt, as vectors in a file. Gal et al. 2022."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from calotype.diffusion.header import read_header
from calotype.errors import ModelError


@dataclass(frozen=True, eq=False, slots=True)
class Embedding:
    """One file of vectors.

    file: its name, for messages; tensors: (n, D) each, by their names: `clip_l` and `clip_g` where there is one for
    each text encoder, `emb_params` or the word itself where there is one.
    """

    file: str
    tensors: Mapping[str, Tensor]

    def vectors(self, slot: str, width: int) -> Tensor:
        """The vectors for a text encoder, (n, width). slot: its name ("clip_l"); width: features of its tokens.

        Raises ModelError when there are none.
        """
        named = [t for name, t in self.tensors.items() if name == slot]
        found = next((t for t in (*named, *self.tensors.values()) if t.shape[-1] == width), None)
        if found is None:
            has = " and ".join(sorted({str(t.shape[-1]) for t in self.tensors.values()}))
            raise ModelError(
                f"{self.file} has vectors of {has} features; the text encoder {slot} takes {width}. Use an embedding "
                "that was made for this family of models."
            )
        return found.reshape(-1, width).float()


def read_embedding(path: Path) -> Embedding:
    """The embedding in a safetensors file. Raises ModelError."""
    from safetensors.torch import load_file

    shapes = {name: info.shape for name, info in read_header(path).tensors.items()}
    if not shapes or any(len(shape) not in (1, 2) for shape in shapes.values()):
        raise ModelError(f"{path.name} is no embedding: it has tensors that are not rows of vectors.")
    return Embedding(path.name, load_file(path))
