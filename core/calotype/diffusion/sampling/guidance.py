"""From a denoiser and prompts to one function: the guided estimate of the clean latent."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import partial, reduce
from typing import Any, Protocol

import torch
from torch import Tensor

from calotype.diffusion.sampling.guiders import Guider
from calotype.diffusion.sampling.hooks import (
    NO_HOOKS,
    Backwards,
    Guided,
    Hooks,
    Layers,
    Moment,
    Scheme,
    as_it_is,
    cfg_scheme,
)
from calotype.diffusion.sampling.parameterization import ModelSampling
from calotype.diffusion.sampling.regions import Canvas, Region, filled_up, lay_out, placed, repeated
from calotype.pool.relief import SPLIT, Relief
from calotype.types import Conditioning, Control, ControlNet

LONGEST_REPEAT = 4  # how often tokens may be repeated so that two prompts fit into one batch


class Predicts(Protocol):
    """A denoiser, as guidance needs it."""

    sampling: ModelSampling
    device: torch.device
    dtype: torch.dtype

    def predict(
        self,
        x: Tensor,
        timestep: Tensor,
        tokens: Tensor,
        *,
        pooled: Tensor | None = None,
        residuals: Any = None,
        options: Mapping[str, Any] = ...,
    ) -> Tensor:
        """The raw output for x, which is scaled by c_in; timestep: (B,); tokens: (B, T, D)."""


class Steers(Protocol):
    """A ControlNet's weights, as guidance needs them."""

    def residuals(
        self,
        x: Tensor,
        timestep: Tensor,
        tokens: Tensor,
        hint: Tensor,
        *,
        strength: float = ...,
        pooled: Tensor | None = ...,
        options: Mapping[str, Any] | None = ...,
    ) -> Any:
        """What is added to the denoiser's activations; several are added up with +."""


@dataclass(frozen=True, eq=False, slots=True)
class Batch:
    """Regions that go through the denoiser together.

    members: (side, region); tokens, pooled: of all, in a row; options: for the denoiser, tensors among them in a row.
    """

    members: tuple[tuple[int, Region], ...]
    tokens: Tensor
    pooled: Tensor | None
    options: Mapping[str, Any]

    @classmethod
    def of(cls, members: Sequence[tuple[int, Region]]) -> Batch:
        """Join regions that `fit`: tokens are repeated to a common length."""
        length = math.lcm(*(r.tokens.shape[1] for _, r in members))
        tokens = torch.cat([r.tokens.repeat(1, length // r.tokens.shape[1], 1) for _, r in members])
        pooled = [r.pooled for _, r in members if r.pooled is not None]
        first = members[0][1]
        tensors = {name: torch.cat([r.tensors[name] for _, r in members]) for name in first.tensors}
        return cls(tuple(members), tokens, torch.cat(pooled) if pooled else None, dict(first.options) | tensors)


class Guidance:
    """The guided estimate D(x; sigma), as a function.

    Each side is the weighted mean of its prompts; a guider combines the sides. Prompts that fit together go through the
    denoiser in one batch; without a guider only the positive side does.

    Responsibilities: which prompts run at which noise level, in which batches; ControlNets; combining. It keeps what
    does not change from step to step and nothing else.
    """

    def __init__(
        self,
        denoiser: Predicts,
        sides: Sequence[Conditioning],
        guider: Guider | None,
        shape: Sequence[int],
        controls: Mapping[ControlNet, Steers] | None = None,
        *,
        scheme: Scheme | None = None,
        hooks: Hooks = NO_HOOKS,
    ) -> None:
        """sides: the positive conditioning first, the negative last; guider: None for the positive alone.

        shape: of the latents, in the model's units; controls: the weights of every ControlNet that is named. scheme:
        instead of a guider, one that the model's patches (`hooks`) take part in.
        """
        canvas = Canvas(tuple(shape), denoiser.device, denoiser.dtype, denoiser.sampling)
        self._denoiser = denoiser
        self.sampling = denoiser.sampling
        self._batches: dict[tuple[tuple[int, ...], tuple[bool, ...]], list[Batch]] = {}
        laid = lay_out(canvas, [side.prompts for side in sides])
        self._laid = [[heard(denoiser, region) for region in side] for side in laid]
        self._place(canvas)
        self._scheme = scheme or _without_patches(guider)
        self._count = len(sides) if guider or scheme or hooks.always else 1
        self._hooks = hooks
        self._controls = controls or {}
        self._timesteps: dict[float, float] = {}
        self._hints: dict[tuple[int, int, int, int], Tensor] = {}

    def _place(self, canvas: Canvas) -> None:
        """Put the regions on latents of a shape."""
        self._canvas = canvas
        self._sides = [[placed(canvas, region) for region in side] for side in self._laid]
        self._batches.clear()

    def expect(self, sigmas: Tensor) -> None:
        """Look up the timesteps of these noise levels at once."""
        self._timesteps |= zip(sigmas.tolist(), self.sampling.timesteps(sigmas).tolist(), strict=True)

    def __call__(self, x: Tensor, sigma: float) -> Tensor:
        """The guided estimate. x: (B, C, h, w)."""
        return self._guided(x, sigma, self._hooks.always).estimate

    def both(self, x: Tensor, sigma: float) -> tuple[Tensor, Tensor]:
        """The guided estimate and the negative side's; of nothing where there is no negative side."""
        return self._guided(x, sigma, whole=True)

    def _guided(self, x: Tensor, sigma: float, whole: bool) -> Guided:
        """The guided estimate. whole: of all sides, at a scale of 1 too."""
        if x.shape != self._canvas.shape:  # a sampler may let latents grow
            self._place(replace(self._canvas, shape=tuple(x.shape)))
        count = len(self._sides) if whole else self._count
        moment = Moment(x, sigma, self._again(sigma), self._hooks, alone=count == 1, whole=whole)

        def compute() -> Guided:
            with ExitStack() as stack:
                for evaluating in self._hooks.evaluating:
                    stack.enter_context(evaluating())
                sides = self._estimates(x, sigma, tuple(range(count)))
            return self._scheme(sides, moment)

        for wrap in self._hooks.wraps:
            compute = partial(wrap, compute, x, sigma)
        return compute()

    def _again(self, sigma: float) -> Callable[..., Tensor]:
        def again(side: int, x: Tensor, layers: Layers | None = None) -> Tensor:
            with layers or as_it_is():
                return self._estimates(x, sigma, (side % len(self._sides),))[0]

        return again

    def _estimates(self, x: Tensor, sigma: float, sides: tuple[int, ...]) -> list[Tensor]:
        """The estimates of the sides with these numbers."""
        found: dict[int, list[tuple[Region, Tensor]]] = {side: [] for side in sides}
        for batch in self._batched(sigma, sides):
            for (side, region), estimate in zip(batch.members, self._run(batch, x, sigma), strict=True):
                found[side].append((region, estimate))
        return [combined(x, estimates) for estimates in found.values()]

    def _batched(self, sigma: float, sides: tuple[int, ...]) -> list[Batch]:
        running = tuple(region.active(sigma) for i in sides for region in self._sides[i])
        if (sides, running) not in self._batches:
            shape, device = self._canvas.shape, self._canvas.device
            active = {i: [region for region in self._sides[i] if region.active(sigma)] for i in sides}
            order = sides[::-1] if isinstance(self._scheme, Backwards) else sides
            waiting = [(i, region) for i in order for region in filled_up(active[i], shape, device)]
            waiting.sort(key=lambda member: member[1].elsewhere)  # those for the rest go last, as in ComfyUI
            self._batches[sides, running] = grouped(waiting, self._fit)
        return self._batches[sides, running]

    def _fit(self, a: Region, b: Region) -> bool:
        """Whether two regions may share a batch."""
        return (
            self._size(a) == self._size(b)  # an area of the whole latent is as good as none
            and self._tokens_fit(a.tokens, b.tokens)
            and _shape(a.pooled) == _shape(b.pooled)
            and dict(a.options) == dict(b.options)
            and {k: v.shape for k, v in a.tensors.items()} == {k: v.shape for k, v in b.tensors.items()}
            and len(a.controls) == len(b.controls)
            and all(map(_same_control, a.controls, b.controls))
        )

    def _size(self, region: Region) -> tuple[int, ...]:
        return self._canvas.sides if region.area is None else region.area[: len(region.area) // 2]

    def _tokens_fit(self, a: Tensor, b: Tensor) -> bool:
        """Repeating tokens changes nothing in cross-attention, but does in the joint attention of flow models."""
        if a.shape == b.shape:
            return True
        if self.sampling.is_flow or a.shape[2] != b.shape[2]:
            return False
        return math.lcm(a.shape[1], b.shape[1]) // min(a.shape[1], b.shape[1]) <= LONGEST_REPEAT

    def _run(self, batch: Batch, x: Tensor, sigma: float) -> list[Tensor]:
        """The estimates of a batch's members: together, or one after the other when memory does not suffice."""
        relief: Relief | None = getattr(self._denoiser, "relief", None)
        if relief is None:
            return self._together(batch, x, sigma)
        shape = f"{len(batch.members)} x {list(x.shape)}"
        if not relief.remembered(SPLIT, shape):
            try:
                return self._together(batch, x, sigma)
            except torch.OutOfMemoryError:
                if len(batch.members) == 1 and x.shape[0] == 1:
                    raise
        parts = self._parts(batch, x, sigma)
        relief.took(SPLIT, shape)
        return parts

    def _parts(self, batch: Batch, x: Tensor, sigma: float) -> list[Tensor]:
        """The estimates of half the members, then of the others; of a single one, picture by picture."""
        half = len(batch.members) // 2
        if half:
            halves = (Batch.of(batch.members[:half]), Batch.of(batch.members[half:]))
            return [estimate for one in halves for estimate in self._run(one, x, sigma)]
        rows = [self._together(batch, x, sigma, row) for row in range(x.shape[0])]
        return [torch.cat([one for (one,) in rows])]

    def _together(self, batch: Batch, x: Tensor, sigma: float, row: int | None = None) -> list[Tensor]:
        """The estimates of a batch's members. row: of a single picture, of a batch with one member."""
        crops = [region.crop(x) for _, region in batch.members]
        joined = torch.cat(crops) if len(crops) > 1 else crops[0]
        scale = self.sampling.c_in(sigma)
        given = joined if scale == 1.0 else joined * scale
        time = joined.new_full((joined.shape[0],), self._timestep(sigma))
        given = given.to(self._denoiser.dtype)
        first = batch.members[0][1]
        residuals = self._residuals(first.controls, given, time, batch, sigma) if first.controls else None
        for tell in self._hooks.told:
            tell(sigma)
        for watch in self._hooks.watch:
            watch([side for side, _ in batch.members])
        told: Any = (given, time, batch.tokens, batch.pooled, residuals, batch.options)
        if row is not None:
            rows = slice(row, row + 1)
            told, joined = taken(told, rows, joined.shape[0]), joined[rows]
        given, time, tokens, pooled, residuals, options = told
        say = partial(self._denoiser.predict, given, time, tokens, pooled=pooled, residuals=residuals, options=options)
        for network in self._hooks.network if row is None else ():
            say = partial(network, [(side, id(one.tokens)) for side, one in batch.members], given, sigma, say)
        raw = say()
        estimates = self.sampling.denoised(raw.to(x.dtype), joined, sigma)
        return list(estimates.chunk(len(crops)))

    def _timestep(self, sigma: float) -> float:
        if sigma not in self._timesteps:
            self._timesteps[sigma] = self.sampling.timestep(sigma)
        return self._timesteps[sigma]

    def _residuals(self, controls: Sequence[Control], x: Tensor, timestep: Tensor, batch: Batch, sigma: float) -> Any:
        """What the ControlNets that are active at sigma add, or None."""
        to_sigma = self.sampling.percent_to_sigma
        added = [
            self._controls[control.net].residuals(
                x,
                timestep,
                batch.tokens,
                self._hint(control, x, len(batch.members)),
                strength=control.strength,
                pooled=batch.pooled,
                options=batch.options,
            )
            for control in controls
            if to_sigma(control.start) >= sigma >= to_sigma(control.end)
        ]
        return reduce(operator.add, added) if added else None

    def _hint(self, control: Control, x: Tensor, members: int) -> Tensor:
        """The control's picture for x: (B, 3, 8h, 8w)."""
        key = (id(control.hint), x.shape[0], x.shape[-2], x.shape[-1])
        if key not in self._hints:
            size = (x.shape[-2] * 8, x.shape[-1] * 8)
            fitted = fit_picture(control.hint.movedim(-1, 1).to(self._denoiser.device, torch.float32), size)
            if fitted.shape[0] == x.shape[0]:  # as ComfyUI, which gives a row each to its batch, last prompts first
                rows = torch.cat(fitted.chunk(members)[::-1])
            else:
                rows = repeated(fitted, x.shape[0] // members).repeat(members, 1, 1, 1)
            self._hints[key] = rows.to(self._denoiser.dtype)
        return self._hints[key]


def heard(denoiser: Predicts, region: Region) -> Region:
    """The region without what the denoiser does not listen to, which would keep prompts out of one batch."""
    hears: Callable[[str], bool] | None = getattr(denoiser, "hears", None)
    if hears is None:
        return region
    options, tensors = ({k: v for k, v in said.items() if hears(k)} for said in (region.options, region.tensors))
    return replace(region, options=options, tensors=tensors)


def taken(value: Any, rows: slice, count: int) -> Any:
    """Some rows of every tensor in it that has `count`."""
    if isinstance(value, Tensor):
        return value[rows] if value.ndim and value.shape[0] == count else value
    if isinstance(value, Mapping):
        return {name: taken(one, rows, count) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(taken(one, rows, count) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: taken(getattr(value, f.name), rows, count) for f in fields(value)})
    return value


def _without_patches(guider: Guider | None) -> Scheme:
    """A guider, or the positive side alone, as a scheme."""
    if guider is None:
        return cfg_scheme(1.0)

    def guide(sides: Sequence[Tensor], moment: Moment) -> Guided:
        return Guided(
            guider(sides, moment.x, moment.sigma), sides[-1] if len(sides) > 1 else torch.zeros_like(moment.x)
        )

    return guide


def combined(x: Tensor, estimates: Sequence[tuple[Region, Tensor]]) -> Tensor:
    """The weighted mean of the estimates where they apply; 0 where none does."""
    if len(estimates) == 1 and estimates[0][0].weight is None:
        return estimates[0][1]
    total, weights = torch.zeros_like(x), torch.full_like(x, 1e-37)
    for region, estimate in estimates:
        weight = estimate.new_ones(()) if region.weight is None else region.weight
        region.crop(total).add_(estimate * weight)
        region.crop(weights).add_(weight)
    return total / weights


def grouped(members: Sequence[tuple[int, Region]], fit: Callable[[Region, Region], bool]) -> list[Batch]:
    """Members in as few batches as possible, first come first."""
    groups: list[list[tuple[int, Region]]] = []
    for member in members:
        home = next((g for g in groups if fit(g[0][1], member[1])), None)
        if home is None:
            groups.append([member])
        else:
            home.append(member)
    return [Batch.of(group) for group in groups]


def fit_picture(pixels: Tensor, size: tuple[int, int]) -> Tensor:
    """Cut the middle of pictures (B, C, H, W) to the proportions of `size` and resize to it, nearest-exact."""
    (height, width), (old_height, old_width) = size, pixels.shape[-2:]
    old, new = old_width / old_height, width / height
    x = round((old_width - old_width * (new / old)) / 2) if old > new else 0
    y = round((old_height - old_height * (old / new)) / 2) if old < new else 0
    cut = pixels[..., y : old_height - y, x : old_width - x]
    return torch.nn.functional.interpolate(cut, size=size, mode="nearest-exact")


def _shape(x: Tensor | None) -> torch.Size | None:
    return None if x is None else x.shape


def _same_control(a: Control, b: Control) -> bool:
    return (a.net, a.strength, a.start, a.end) == (b.net, b.strength, b.start, b.end) and (
        a.hint is b.hint or torch.equal(a.hint, b.hint)
    )
