"""Nodes that denoise latents."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from calotype import types
from calotype.diffusion.names import SamplerName, ScheduleName
from calotype.errors import CalotypeError
from calotype.node import Context, Input, Node
from calotype.types import Conditioning, Image, Latent, Model, Seed

if TYPE_CHECKING:
    from torch import Tensor

Table = tuple[tuple[float, ...], ...]

PREVIEW_KEY = "calotype.preview"  # of a model file's metadata
SD1_TABLE: Table = (  # a least squares fit for SD 1.5, published by InvokeAI
    (0.3444, 0.1385, 0.0670),
    (0.1247, 0.4027, 0.1494),
    (-0.3192, 0.2513, 0.2103),
    (-0.1307, -0.1874, -0.7445),
    (0.0, 0.0, 0.0),
)
PREVIEW_EVERY = 4  # steps
PREVIEW_MAX = 64  # latent cells a side, above which a preview is thinned out


class Sampled(NamedTuple):
    """What a sampler leaves."""

    latent: Latent
    denoised: Latent


class KSampler(Node, category="sampling"):
    """Denoise a latent, guided by a positive and a negative conditioning."""

    model: Model
    positive: Conditioning
    negative: Conditioning
    latent: Latent
    sampler: SamplerName = "euler"
    scheduler: ScheduleName = "normal"
    seed: Seed = 0
    steps: int = Input(default=20, ge=1, le=10_000)
    cfg: float = Input(default=7.0, ge=0, le=100, step=0.1, doc="Guidance scale.")
    denoise: float = Input(default=1.0, ge=0, le=1, step=0.01, doc="Share of the schedule that is run: 1 is all.")

    def run(self, ctx: Context) -> Sampled:
        """Sample from the noise of the seed."""
        return sampled(self, ctx, seed=self.seed, denoise=self.denoise)


class KSamplerAdvanced(Node, category="sampling"):
    """Denoise a latent from one step of a schedule to another, with or without noise at either end."""

    model: Model
    positive: Conditioning
    negative: Conditioning
    latent: Latent
    sampler: SamplerName = "euler"
    scheduler: ScheduleName = "normal"
    seed: Seed = 0
    steps: int = Input(default=20, ge=1, le=10_000, doc="Of the whole schedule.")
    cfg: float = Input(default=7.0, ge=0, le=100, step=0.1, doc="Guidance scale.")
    start_step: int = Input(default=0, ge=0, le=10_000)
    end_step: int = Input(default=10_000, ge=0, le=10_000, doc="The first step that is not done.")
    add_noise: bool = Input(default=True, doc="Off where the latent comes with its noise.")
    leftover_noise: bool = Input(default=False, doc="Leave the noise of the last step for another sampler.")

    def run(self, ctx: Context) -> Sampled:
        """Sample a part of the schedule."""
        return sampled(
            self,
            ctx,
            seed=self.seed,
            start_step=self.start_step,
            end_step=self.end_step,
            add_noise=self.add_noise,
            leftover_noise=self.leftover_noise,
        )


def sampled(node: KSampler | KSamplerAdvanced, ctx: Context, **how: Any) -> Sampled:
    """Sample with the inputs that all samplers share, and with `how`; report every step."""
    from calotype.diffusion.sampling import sample

    with loaded(ctx, node.model, node.positive, node.negative) as (denoiser, controls):
        result = sample(
            denoiser,
            node.positive,
            node.negative,
            node.latent,
            sampler=node.sampler,
            scheduler=node.scheduler,
            steps=node.steps,
            cfg=node.cfg,
            controls=controls,
            on_step=reporter(ctx, node.model),
            **how,
        )
    return Sampled(*result)


@contextmanager
def loaded(
    ctx: Context, model: Model, *conditionings: Conditioning
) -> Iterator[tuple[Any, dict[types.ControlNet, Any]]]:
    """The denoiser, every ControlNet that the conditionings use and its VAE, held for the length of the block."""
    from calotype.diffusion.control import refuse_other_size, with_parts

    nets = {control.net: control.vae for c in conditionings for p in c.prompts for control in p.controls}
    with ExitStack() as held:
        controls = {net: held.enter_context(ctx.load(net)) for net in nets}
        wanted = {net: vae for net, vae in nets.items() if getattr(controls[net], "needs_vae", False)}
        encoders = {net: held.enter_context(ctx.load(vae)) for net, vae in wanted.items() if vae is not None}
        denoiser = held.enter_context(ctx.load(model))
        for net, one in controls.items():
            refuse_other_size(one, net.file.name, denoiser, model.file.name)
        yield denoiser, {net: with_parts(one, encoders.get(net), denoiser) for net, one in controls.items()}


def reporter(ctx: Context, model: Model) -> Callable[[int, int, Tensor], None]:
    """A step callback: progress at every step, a small preview at every fourth and at the last."""
    table = cache(lambda: preview_table(ctx, model))

    def report(done: int, total: int, denoised: Tensor) -> None:
        shown = done % PREVIEW_EVERY == 0 or done == total
        ctx.step(done, total, preview_of(denoised, table()) if shown else None)

    return report


def preview_table(ctx: Context, model: Model) -> Table:
    """Red, green and blue (-1 to 1) by latent channel, and an offset: as the model's file says, else that of SD 1.5."""
    from calotype.diffusion.header import read_metadata

    try:
        said = read_metadata(ctx.path(model.file)).get(PREVIEW_KEY)
        return SD1_TABLE if said is None else tuple((float(r), float(g), float(b)) for r, g, b in json.loads(said))
    except (CalotypeError, ValueError, TypeError):
        return SD1_TABLE  # a preview is worth no error


def preview_of(denoised: Tensor, table: Table) -> Image | None:
    """A rough picture of the first latent, one pixel a cell: by a linear map, or grey where the map is for others.

    denoised: (B, C, h, w) in the model's units, or (B, C, T, h, w), of which the middle frame is shown; table: C + 1
    rows, see `preview_table`. None for latents of any other form.
    """
    import torch

    from calotype_nodes.previews import middle_frame, structure

    if denoised.ndim not in (4, 5):
        return None
    frame = middle_frame(denoised)
    thin = max(1, -(-max(frame.shape[-2:]) // PREVIEW_MAX))
    cells = frame[:1, :, ::thin, ::thin].detach().float().cpu()
    if cells.shape[1] != len(table) - 1:
        return Image(structure(cells))
    rows = torch.tensor(table)
    colours = torch.einsum("bchw,cr->bhwr", cells, rows[:-1]) + rows[-1]
    return Image((colours / 2 + 0.5).clamp(0, 1))
