"""Where, when and how strongly each prompt applies.

What a `Prompt` may say, besides its tokens:

options
    "area": (height, width, y, x) in latent cells; "area_share": the same in shares of the latent;
    "strength": weight among the prompts of its side, 1; "mask_strength": weight of the mask, 1;
    "mask_bounds": true to evaluate only the box around the mask;
    "start", "end": when, as shares of the schedule, 0 (noise) to 1 (clean);
    "controls_for_negative": true to let its ControlNets steer the other side as well;
    "elsewhere": true for the weight, at each place and moment, that the other prompts of its side leave of 1.
tensors
    "mask": (B or 1, H, W), of any size; 1 where the prompt applies.

All other options and tensors go to the denoiser; tensors of the latents' size (`concat`) are cut to the area.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from calotype.diffusion.sampling.parameterization import ModelSampling
from calotype.types import Control, Prompt

OURS = frozenset(
    {"area", "area_share", "strength", "mask_strength", "mask_bounds", "start", "end", "controls_for_negative", "mask"}
    | {"elsewhere"}
)
FEATHER = 8  # cells over which an area fades out towards the inside of the picture
SMALLEST = 8  # cells: the least side of the box around a mask

Area = tuple[int, ...]
"""Sizes, then offsets, one each per dimension: (height, width, y, x)."""


@dataclass(frozen=True, eq=False, slots=True)
class Region:
    """A prompt, made ready for latents of one shape.

    weight: how much each latent cell of the area listens to it, None for all alike. It is active while
    start >= sigma >= end.
    """

    tokens: Tensor
    pooled: Tensor | None
    options: Mapping[str, Any]
    tensors: Mapping[str, Tensor]
    controls: tuple[Control, ...] = ()
    area: Area | None = None
    weight: Tensor | None = None
    strength: float = 1.0
    mask: Tensor | None = None
    start: float = float("inf")
    end: float = 0.0
    shares_controls: bool = False
    elsewhere: bool = False

    def active(self, sigma: float) -> bool:
        """Whether the prompt applies at this noise level."""
        return self.start >= sigma >= self.end

    def crop(self, x: Tensor) -> Tensor:
        """The part of a latent that the prompt is about."""
        return x if self.area is None else narrowed(x, self.area)


@dataclass(frozen=True, slots=True)
class Canvas:
    """What regions are laid out on: the shape of the latents in the model's units, and where they live."""

    shape: tuple[int, ...]
    device: torch.device
    dtype: torch.dtype
    sampling: ModelSampling = field(repr=False)

    @property
    def sides(self) -> tuple[int, ...]:
        """(h, w), or (T, h, w) for video."""
        return self.shape[2:]


def narrowed(x: Tensor, area: Area) -> Tensor:
    """The box of x, (B, C, ...) or (B, ...), whose last dimensions `area` names. A view."""
    sides = len(area) // 2
    for i in range(sides):
        x = x.narrow(x.ndim - sides + i, area[sides + i], area[i])
    return x


def lay_out(canvas: Canvas, sides: Sequence[Sequence[Prompt]]) -> list[list[Region]]:
    """Each side's prompts as regions, to be `placed`. One with an area gets a counterpart on sides that lack one."""
    laid = [[_region(canvas, prompt) for prompt in side] for side in sides]
    for i, side in enumerate(laid):
        for region in list(side):
            for other in laid[:i] + laid[i + 1 :]:
                _add_counterpart(other, region)
    for other in laid[1:]:
        _share_controls(laid[0], other)
    return laid


def placed(canvas: Canvas, region: Region) -> Region:
    """The region on latents of this shape, which may have grown since it was laid out: its area ends with them."""
    mask = None if region.mask is None else _resized(region.mask[:, None], canvas.shape)[:, 0]
    area = region.area and _clipped(region.area, canvas.sides)
    return _weighted(canvas, _cropped(canvas, replace(region, area=area, mask=mask)))


def _region(canvas: Canvas, prompt: Prompt) -> Region:
    options, batch = prompt.options, canvas.shape[0]
    mask = _mask(canvas, prompt.tensors["mask"]) if "mask" in prompt.tensors else None
    return Region(
        tokens=repeated(prompt.tokens, batch).to(canvas.device, canvas.dtype),
        pooled=None if prompt.pooled is None else repeated(prompt.pooled, batch).to(canvas.device, canvas.dtype),
        options={k: v for k, v in options.items() if k not in OURS},
        tensors={k: repeated(v, batch).to(canvas.device) for k, v in prompt.tensors.items() if k not in OURS},
        controls=prompt.controls,
        area=_area(canvas, options, mask),
        strength=float(options.get("strength", 1.0)),
        mask=None if mask is None else mask * float(options.get("mask_strength", 1.0)),
        start=canvas.sampling.percent_to_sigma(options["start"]) if "start" in options else float("inf"),
        end=canvas.sampling.percent_to_sigma(options["end"]) if "end" in options else 0.0,
        shares_controls=bool(options.get("controls_for_negative", False)),
        elsewhere=bool(options.get("elsewhere", False)),
    )


def repeated(x: Tensor, batch: int) -> Tensor:
    """x (N, ...) with `batch` rows: cut, or repeated in turn."""
    if x.shape[0] == batch:
        return x
    return x[torch.arange(batch) % x.shape[0]]


def _mask(canvas: Canvas, mask: Tensor) -> Tensor:
    mask = mask.to(canvas.device, torch.float32).reshape(-1, 1, *mask.shape[-2:])
    return _resized(mask, canvas.shape)[:, 0]


def _resized(x: Tensor, shape: Sequence[int]) -> Tensor:
    """x (B, C, H, W) of the height and width of latents of this shape."""
    if x.shape[-2:] == tuple(shape[-2:]):
        return x
    return torch.nn.functional.interpolate(x, size=tuple(shape[-2:]), mode="bilinear")


def _area(canvas: Canvas, options: Mapping[str, Any], mask: Tensor | None) -> Area | None:
    """As it is said: it may reach out of the latent, which counts where areas are compared."""
    sides = canvas.sides
    if options.get("mask_bounds") and mask is not None:
        return _bounds(mask)
    if "area_share" in options:
        shares = options["area_share"]
        sizes = tuple(max(1, round(share * side)) for share, side in zip(shares, sides, strict=False))
        offsets = tuple(round(share * side) for share, side in zip(shares[len(sides) :], sides, strict=False))
        return sizes + offsets
    return tuple(options["area"]) if "area" in options else None


def _clipped(area: Area, sides: tuple[int, ...]) -> Area:
    """The area inside the latent; dimensions that it does not name (frames) are covered whole."""
    missing = len(sides) - len(area) // 2
    half = len(area) // 2
    sizes, offsets = sides[:missing] + area[:half], (0,) * missing + area[half:]
    offsets = tuple(min(offset, side - 1) for offset, side in zip(offsets, sides, strict=True))
    return tuple(min(s, side - o) for s, o, side in zip(sizes, offsets, sides, strict=True)) + offsets


def _bounds(mask: Tensor) -> Area:
    rows, columns = torch.where(mask.abs().amax(dim=0))
    if len(rows) == 0:
        return (SMALLEST, SMALLEST, 0, 0)
    top, left = int(rows.min()), int(columns.min())
    return max(SMALLEST, int(rows.max()) - top + 1), max(SMALLEST, int(columns.max()) - left + 1), top, left


def _add_counterpart(regions: list[Region], wanted: Region) -> None:
    """Give `regions` the wanted area, with the prompt of the smallest area that holds it."""
    if wanted.area is None:
        return
    holders = [r for r in regions if r.area is None or _holds(r.area, wanted.area)]
    if not holders:
        return
    best = min(holders, key=lambda r: float("inf") if r.area is None else _cells(r.area))
    if best.area != wanted.area:
        regions.append(
            replace(wanted, tokens=best.tokens, pooled=best.pooled, options=best.options, tensors=best.tensors)
        )


def _cells(area: Area) -> int:
    return int(torch.tensor(area[: len(area) // 2]).prod())


def _holds(outer: Area, inner: Area) -> bool:
    n = len(outer) // 2
    return all(outer[n + i] <= inner[n + i] and inner[i] + inner[n + i] <= outer[i] + outer[n + i] for i in range(n))


def _share_controls(positive: list[Region], negative: list[Region]) -> None:
    """Regions of the negative side without ControlNets take those that the positive side lends out, in turn."""
    lent = [r for r in positive if r.shares_controls and r.controls and r.area is None]
    plain = [i for i, r in enumerate(negative) if not r.controls and r.area is None]
    if not plain or any(r.controls and r.area is None for r in negative):
        return
    for k, region in enumerate(lent):
        i = plain[k % len(plain)]
        negative[i] = replace(negative[i], controls=region.controls)


def filled_up(regions: Sequence[Region], shape: Sequence[int], device: torch.device) -> list[Region]:
    """The regions of a side that are active, those for `elsewhere` last and with the weight that the others leave.

    Those that nothing is left for are left out. shape: of the latents.
    """
    others = [region for region in regions if not region.elsewhere]
    if len(others) == len(regions):
        return others
    left = torch.ones(tuple(shape), device=device)
    for region in others:
        region.crop(left).sub_(1.0 if region.weight is None else region.weight)
    left.clamp_(min=0.0)
    if not bool(left.any()):
        return others
    return others + [replace(region, weight=region.crop(left)) for region in regions if region.elsewhere]


def _cropped(canvas: Canvas, region: Region) -> Region:
    """Tensors of the latents' size, cut to the area."""
    if region.area is None:
        return region
    sides = len(canvas.sides)
    cut = {
        name: region.crop(tensor) if tensor.ndim == sides + 2 and tensor.shape[2:] == canvas.sides else tensor
        for name, tensor in region.tensors.items()
    }
    return replace(region, tensors=cut)


def _weighted(canvas: Canvas, region: Region) -> Region:
    if region.area is None and region.mask is None and region.strength == 1.0:
        return region
    batch, channels = canvas.shape[:2]
    area = region.area or canvas.sides + (0,) * len(canvas.sides)
    if region.mask is not None:
        cut = narrowed(region.mask[:batch], area[-(len(area) // 2) - 2 : -(len(area) // 2)] + area[-2:])
        weight = cut[:, None] if len(canvas.sides) == 2 else cut[:, None, None]
        weight = repeated(weight, batch).expand(batch, channels, *area[: len(canvas.sides)]) * region.strength
    else:
        weight = torch.full((batch, channels, *area[: len(canvas.sides)]), region.strength, device=canvas.device)
        _feather(weight, area, canvas.sides)
    return replace(region, weight=weight)


def _feather(weight: Tensor, area: Area, sides: tuple[int, ...]) -> None:
    """Fade the weight, in place, towards the edges that lie inside the picture."""
    for i, side in enumerate(sides):
        cells = min(FEATHER, weight.shape[2 + i] // 4)
        for t in range(cells):
            share = (t + 1) / cells
            if area[len(sides) + i] != 0:
                weight.narrow(2 + i, t, 1).mul_(share)
            if area[i] + area[len(sides) + i] < side:
                weight.narrow(2 + i, area[i] - 1 - t, 1).mul_(share)
