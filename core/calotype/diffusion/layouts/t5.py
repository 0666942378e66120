"""T5 text encoders: transformers' names, to those of its encoder alone. No torch."""

from __future__ import annotations

from calotype.diffusion.layouts.take import Take, Tensors

ENCODER = "encoder."
EMBEDDINGS = ("shared.weight", "encoder.embed_tokens.weight", "token_embedding.weight")


def takes(tensors: Tensors) -> dict[str, Take]:
    """The encoder's tensors, and its token embedding by whichever of its names the file has."""
    taken = {n.removeprefix(ENCODER): Take(info) for n, info in tensors.items() if n.startswith(ENCODER)}
    embedding = next((tensors[name] for name in EMBEDDINGS if name in tensors), None)
    return taken | ({"embed_tokens.weight": Take(embedding)} if embedding else {})
