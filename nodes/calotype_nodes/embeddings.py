"""Words that were learnt, as nodes that encode prompts read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calotype.node import Context

if TYPE_CHECKING:
    from calotype.diffusion.text.embeddings import Embedding


def embeddings_in(ctx: Context, *prompts: str) -> dict[str, Embedding]:
    """The embeddings that prompts name, by the names that they use. Raises FileError, ModelError."""
    from calotype.diffusion.text.embeddings import read_embedding
    from calotype.diffusion.text.mentions import FOLDER, mentioned

    names = dict.fromkeys(name for prompt in prompts for name in mentioned(prompt))
    return {name: read_embedding(ctx.path(ctx.resolve(FOLDER, name))) for name in names}
