"""Language models that encode prompts (Qwen 2.5 VL, Qwen 3): from transformers' old and new names to one. No torch.

The names are those inside the text model: `embed_tokens`, `layers.N...`, `norm`; the vision tower keeps `visual.` in
front. What only generates text (`lm_head`) is left out.
"""

from __future__ import annotations

from collections.abc import Mapping

from calotype.diffusion.header import TensorInfo
from calotype.diffusion.layouts.take import Take

TEXT = ("model.language_model.", "language_model.model.", "language_model.", "model.", "")
VISION = ("model.visual.", "visual.")
PARTS = ("embed_tokens.", "layers.", "norm.")


def takes_language(tensors: Mapping[str, TensorInfo]) -> dict[str, Take]:
    """The tensors of a language model and of the vision tower beside it."""
    taken: dict[str, Take] = {}
    for name, info in tensors.items():
        found = _renamed(name)
        if found is not None:
            taken[found] = Take(info)
    return taken


def _renamed(name: str) -> str | None:
    for prefix in VISION:
        if name.startswith(prefix):
            return "visual." + name.removeprefix(prefix)
    rest = next(name.removeprefix(prefix) for prefix in TEXT if name.startswith(prefix))
    return rest if rest.startswith(PARTS) else None
