"""Nodes that cut what comes, in batches of any size, into batches of one size: lists, to map a subgraph over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from calotype.node import Input, Node
from calotype.types import Image, Latent
from calotype_nodes.latent_batches import Draws, indices_of, repeated, total_of

if TYPE_CHECKING:
    from torch import Tensor


class RebatchLatents(Node, category="list"):
    """Cut latents into batches of a size; each image keeps the noise that it has among all of them."""

    latents: tuple[Latent | list[Latent], ...] = Input(least=1, doc="Batches or lists of them, in order.")
    batch_size: int = Input(default=1, ge=1, le=4096)
    draws: Draws = Input(default="together", doc="apart: noise image by image, and later noise for these alone.")

    def run(self) -> list[Latent]:
        """Batches of the size, but for the last of each run of latents of one shape."""
        given = [one for item in self.latents for one in (item if isinstance(item, list) else [item])]
        apart, count = self.draws == "apart", sum(one.samples.shape[0] for one in given)
        found: list[Latent] = []
        begun = 0
        for alike in runs([one.samples for one in given]):
            part = [given[at] for at in alike]
            found += cut(part, self.batch_size, begun, None if apart else count, apart)
            begun += sum(one.samples.shape[0] for one in part)
        return found


class RebatchImages(Node, category="list"):
    """Cut pictures into batches of a size."""

    images: tuple[Image | list[Image], ...] = Input(least=1, doc="Batches or lists of them, in order.")
    batch_size: int = Input(default=1, ge=1, le=4096)

    def run(self) -> list[Image]:
        """Batches of the size, but for the last of each run of pictures of one shape."""
        import torch

        given = [one.pixels for item in self.images for one in (item if isinstance(item, list) else [item])]
        joined = [torch.cat([given[at] for at in alike]) for alike in runs(given)]
        return [Image(part.clone()) for one in joined for part in torch.split(one, self.batch_size)]


def runs(tensors: list[Tensor]) -> Iterator[list[int]]:
    """The places of tensors in a row that can be one batch."""
    alike: list[int] = []
    for at, one in enumerate(tensors):
        if alike and tensors[alike[0]].shape[1:] != one.shape[1:]:
            yield alike
            alike = []
        alike.append(at)
    yield alike


def cut(latents: list[Latent], size: int, begun: int, total: int | None, apart: bool) -> Iterator[Latent]:
    """Latents of one shape in batches. begun: how many images came before; total: of all images, if that counts."""
    import torch

    indices: list[int] = []
    for one in latents:
        own = indices_of(one) if one.indices else range(begun + len(indices), begun + len(indices) + len(one.samples))
        indices += own
    largest = max(total or 0, max(indices) + 1, *(total_of(one) for one in latents))
    samples, mask = torch.cat([one.samples for one in latents]), masks_of(latents)
    for at in range(0, len(samples), size):
        part = slice(at, at + size)
        kept = None if mask is None or bool((mask[part] == 1).all()) else mask[part].clone()
        yield Latent(samples[part].clone(), kept, tuple(indices[part]), largest, apart)


def masks_of(latents: list[Latent]) -> Tensor | None:
    """The noise masks of latents of one shape, one for each image; None where none has any."""
    import torch

    if all(one.noise_mask is None for one in latents):
        return None
    sizes = {one.noise_mask.shape[-2:] for one in latents if one.noise_mask is not None}
    if len(sizes) > 1:
        raise ValueError("the noise masks of latents that become one batch differ in size; bring them to one size")
    (size,) = sizes
    return torch.cat(
        [
            torch.ones(len(one.samples), *size)
            if one.noise_mask is None
            else repeated(one.noise_mask, len(one.samples))
            for one in latents
        ]
    )
