"""Merged tokens: self-attention asks for fewer places. Bolya and Hoffman 2023. U-Nets as diffusers builds them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor

from calotype.diffusion.changes.tiles import Picture, attended, self_attentions
from calotype.diffusion.sampling.hooks import Layers

STRIDE = 2  # of the squares, one place of each of which others are merged into


class Plan(NamedTuple):
    """Which tokens are merged. kept, gone: (B, n, 1) among `sources`; into: (B, n, 1), among `targets`."""

    sources: Tensor
    targets: Tensor
    kept: Tensor
    gone: Tensor
    into: Tensor


def merging(module: Any, ratio: float) -> Callable[[torch.Generator], Layers]:
    """Self-attention at full size with the share `ratio` of its queries merged. Raises ModelError for other models."""
    found = self_attentions(module)
    return lambda generator: put_on(module, found, ratio, generator)


@contextmanager
def put_on(module: Any, attentions: list[Any], ratio: float, generator: torch.Generator) -> Iterator[None]:
    """The attentions with merged queries, for as long as it is open."""
    picture = Picture()
    seeing = module.register_forward_pre_hook(picture.see)
    before = [attention.processor for attention in attentions]
    for attention, usual in zip(attentions, before, strict=True):
        attention.processor = _processor(usual, ratio, picture, generator)
    try:
        yield
    finally:
        seeing.remove()
        for attention, usual in zip(attentions, before, strict=True):
            attention.processor = usual


def _processor(
    usual: Callable[..., Tensor], ratio: float, picture: Picture, generator: torch.Generator
) -> Callable[..., Tensor]:
    def attend(attn: Any, hidden_states: Tensor, *args: Any, **more: Any) -> Tensor:
        tokens, sides = hidden_states.shape[1], (picture.height, picture.width)
        count = int(tokens * ratio)
        if tokens != sides[0] * sides[1] or count <= 0 or min(sides) == 1:
            return usual(attn, hidden_states, *args, **more)
        plan = planned(hidden_states, chosen(*sides, generator), count)
        return unmerged(attended(attn, merged(hidden_states, plan), hidden_states), plan, tokens)

    return attend


def chosen(height: int, width: int, generator: torch.Generator) -> Tensor:
    """One place of every square of 2 x 2 at random: (height width,) of truth, in reading order. An odd row has none."""
    rows, columns = height // STRIDE, width // STRIDE
    at = torch.randint(STRIDE**2, (rows, columns, 1), generator=generator)
    squares = torch.zeros(rows, columns, STRIDE**2, dtype=torch.bool).scatter_(2, at, True)
    places = torch.zeros(height, width, dtype=torch.bool)
    whole = squares.view(rows, columns, STRIDE, STRIDE).transpose(1, 2).reshape(rows * STRIDE, columns * STRIDE)
    places[: rows * STRIDE, : columns * STRIDE] = whole
    return places.flatten()


def planned(x: Tensor, chosen: Tensor, count: int) -> Plan:
    """The `count` tokens of x (B, N, D) that are most like a chosen one, by the angle; each goes into that one."""
    sources, targets = ((~chosen).nonzero()[:, 0].to(x.device), chosen.nonzero()[:, 0].to(x.device))
    unit = x / x.norm(dim=-1, keepdim=True)
    alike, nearest = (unit[:, sources] @ unit[:, targets].transpose(-1, -2)).max(dim=-1)
    order = alike.argsort(dim=-1, descending=True)[..., None]
    gone = order[:, :count]
    return Plan(sources, targets, order[:, count:], gone, nearest[..., None].gather(1, gone))


def merged(x: Tensor, plan: Plan) -> Tensor:
    """x (B, N, D) with tokens that are kept, then the chosen ones, each the mean of itself and what goes into it."""
    sources, targets, width = x[:, plan.sources], x[:, plan.targets], x.shape[-1]
    kept, gone = (sources.gather(1, at.expand(-1, -1, width)) for at in (plan.kept, plan.gone))
    targets = targets.scatter_reduce(1, plan.into.expand(-1, -1, width), gone, reduce="mean")
    return torch.cat([kept, targets], dim=1)


def unmerged(x: Tensor, plan: Plan, tokens: int) -> Tensor:
    """The inverse of `merged`: tokens that are gone get what came of those that they went into."""
    width, left = x.shape[-1], plan.kept.shape[1]
    kept, targets = x[:, :left], x[:, left:]
    out = x.new_zeros(len(x), tokens, width)
    out[:, plan.targets] = targets
    sources = out.new_zeros(len(x), len(plan.sources), width)
    sources.scatter_(1, plan.kept.expand(-1, -1, width), kept)
    gone = targets.gather(1, plan.into.expand(-1, -1, width))
    out[:, plan.sources] = sources.scatter_(1, plan.gone.expand(-1, -1, width), gone)
    return out
