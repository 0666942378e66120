"""Nodes that write latents into files and read them again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from calotype.errors import FileError
from calotype.node import Context, Input, Node
from calotype.types import Artifact, FileRef, Latent, Saved
from calotype_nodes.output import file_name

if TYPE_CHECKING:
    from torch import Tensor

TENSOR, UNSCALED = "latent_tensor", "latent_format_version_0"
OLD_SCALE = 0.18215  # that ComfyUI's first files of latents were multiplied with: SD 1.x's


class SaveLatent(Node, category="output"):
    """Save latents as a .latent file, which ComfyUI reads too."""

    output = True
    lane = "io"

    latent: Latent
    prefix: str = "latent"

    def run(self) -> Saved:
        """Encode the samples; a noise mask is left out."""
        import torch
        from safetensors.torch import save

        tensors = {TENSOR: self.latent.samples.contiguous(), UNSCALED: torch.zeros(0)}
        data = save(tensors, {"format": "pt"})
        return Saved((Artifact(file_name(self.prefix, "latent"), "application/octet-stream", data),))


class LoadLatent(Node, category="latent"):
    """Read latents from a file: of SaveLatent, of ComfyUI, or of `calotype run --save NODE.latent=FILE`."""

    lane = "io"

    file: FileRef = Input(folder="input")

    def run(self, ctx: Context) -> Latent:
        """Decode it. Raises FileError for a file without latents."""
        path = ctx.path(self.file)
        tensors, said = contents(path)
        if TENSOR in tensors:
            return Latent(tensors[TENSOR].float() * (1.0 if UNSCALED in tensors else 1.0 / OLD_SCALE))
        saved = json.loads(said.get("calotype", "{}"))
        if saved.get("type") != "Latent":
            raise FileError(f'"{path.name}" has no latents; it has {", ".join(sorted(tensors)[:5]) or "nothing"}')
        return Latent.from_tensors(tensors, saved["meta"])


def contents(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors and texts of a safetensors file. Raises FileError."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, dict(file.metadata() or {})  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise FileError(f'"{path.name}" is not a file of latents: {error}') from error
