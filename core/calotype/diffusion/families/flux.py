"""FLUX.1: dev, schnell, and the variants that read more channels (fill, canny, depth). Black Forest Labs 2024."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil, exp
from typing import TYPE_CHECKING, Any

from calotype.diffusion.families import sd1
from calotype.diffusion.families.base import Encoded, Family, Flow, Layout, Network, Slot, T5Facts, TextFacts
from calotype.diffusion.latents import LatentFormat
from calotype.diffusion.layouts import flux
from calotype.diffusion.layouts.take import Takes, count, takes_named

if TYPE_CHECKING:
    from torch import Tensor

    from calotype.diffusion.step import Step
    from calotype.types import Prompt

GUIDANCE = 3.5  # what dev is told when the prompt says nothing
CLIP_L = replace(sd1.CLIP_L, facts=TextFacts(projected=False))
T5 = Slot("t5xxl", "T5-XXL", T5Facts(length=256), "t5", 4096)


def config(takes: Takes) -> dict[str, Any]:
    """The arguments of FluxTransformer2DModel."""
    width, channels = takes["x_embedder.weight"].shape
    head = takes["transformer_blocks.0.attn.norm_q.weight"].shape[0]
    return {
        "patch_size": 1,
        "in_channels": channels,
        "out_channels": takes["proj_out.weight"].shape[0],
        "num_layers": count(takes, "transformer_blocks"),
        "num_single_layers": count(takes, "single_transformer_blocks"),
        "attention_head_dim": head,
        "num_attention_heads": width // head,
        "joint_attention_dim": takes["context_embedder.weight"].shape[1],
        "pooled_projection_dim": takes["time_text_embed.text_embedder.linear_1.weight"].shape[1],
        "guidance_embeds": "time_text_embed.guidance_embedder.linear_1.weight" in takes,
        "axes_dims_rope": axes(head),
    }


def axes(head: int) -> tuple[int, int, int]:
    """How a head's channels are shared between index, row and column: 16, 56, 56 of 128, each even."""
    first = head // 8
    first += (head - first) // 2 % 2
    return first, (head - first) // 2, (head - first) // 2


def forward(step: Step) -> Tensor:
    """The velocity: latents in a row of 2 x 2 patches with their places, guidance for models that are told it.

    options `guidance`; `reference.0`, ...: (B, 16, h', w') of pictures to edit (Kontext), further patches set apart by
    their index; see `beside` for what fill, canny and depth read, and `heeded` for what style models add.
    """
    import torch

    from calotype.diffusion.patches import evened, packed, unpacked
    from calotype.diffusion.references import references

    x = evened(step.x)
    height, width = x.shape[-2:]
    pictures = [evened(one) for one in references(step)]
    rows = [torch.cat([packed(x), *beside(step, x)], dim=-1), *map(packed, pictures)]
    blocks, single = _steering(step)
    raw = step.module(
        hidden_states=torch.cat(rows, dim=1),
        encoder_hidden_states=step.tokens,
        pooled_projections=_pooled(step),
        timestep=step.timestep,
        img_ids=torch.cat([places(height // 2, width // 2), *apart(pictures)]).to(step.device, step.dtype),
        txt_ids=step.x.new_zeros(step.tokens.shape[1], 3),
        guidance=_guidance(step),
        controlnet_block_samples=blocks,
        controlnet_single_block_samples=single,
        joint_attention_kwargs=heeded(step, sum(row.shape[1] for row in rows)),
        return_dict=False,
    )[0]
    return unpacked(raw[:, : rows[0].shape[1]], height, width)[..., : step.x.shape[-2], : step.x.shape[-1]]


def _steering(step: Step) -> tuple[list[Tensor] | None, list[Tensor] | None]:
    """What ControlNets add, after double and after single blocks."""
    if not step.residuals:
        return None, None
    counts = (len(step.module.transformer_blocks), len(step.module.single_transformer_blocks))
    double, single = (
        step.residuals.over(kind, count, lambda i, blocks, some: i // ceil(blocks / some))
        for kind, count in zip(("blocks", "single"), counts, strict=True)
    )
    return moved(double, step), moved(single, step)


def moved(residuals: list[Tensor] | None, step: Step) -> list[Tensor] | None:
    """Where the network computes, in its type."""
    return [r.to(step.device, step.dtype) for r in residuals] if residuals else None


def heeded(step: Step, patches: int) -> dict[str, Any] | None:
    """How much attention some words get, as a bias; None where all get their own.

    options `heeded`: a list of [first word, words, strength]; to patches, and to words before them, they count strength
    times as much: log(strength) is added to what is attended by, in 16 bits as ComfyUI has it.
    """
    import torch

    spans = step.options.get("heeded")
    if not spans:
        return None
    words = step.tokens.shape[1]
    bias = torch.zeros(1, 1, words + patches, words + patches, device=step.device, dtype=step.dtype)
    for first, many, strength in spans:
        added = torch.tensor(float(strength)).log().half()
        bias[..., :first, first : first + many] = added
        bias[..., words:, first : first + many] = added
    return {"attention_mask": bias}


def _guidance(step: Step) -> Tensor | None:
    import torch

    if not step.module.config.guidance_embeds:
        return None
    said = torch.as_tensor(step.options.get("guidance", GUIDANCE), dtype=torch.float32, device=step.device)
    return said.flatten().expand(step.x.shape[0])


def places(height: int, width: int, at: tuple[int, int, int] = (0, 0, 0)) -> Tensor:
    """(h w, 3): index, row and column of every patch. at: those of the first."""
    import torch

    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return (torch.stack([torch.zeros_like(rows), rows, columns], dim=-1).reshape(-1, 3) + torch.tensor(at)).float()


def apart(pictures: Sequence[Tensor]) -> list[Tensor]:
    """The places of pictures to edit: of index 1, each beside or below the others, so that the whole stays small."""
    found, height, width = [], 0, 0
    for rows, columns in ((p.shape[-2] // 2, p.shape[-1] // 2) for p in pictures):
        row, column = (0, width) if rows + height > columns + width else (height, 0)
        found.append(places(rows, columns, (1, row, column)))
        height, width = max(height, row + rows), max(width, column + columns)
    return found


def _pooled(step: Step) -> Tensor:
    if step.pooled is not None:
        return step.pooled
    return step.x.new_zeros(step.x.shape[0], step.module.config.pooled_projection_dim)


def beside(step: Step, x: Tensor) -> list[Tensor]:
    """What fill, canny and depth read beside the latent, (B, N, ...): a picture's latent, and for fill its mask.

    From the prompt's `concat_latent` (B, C, h, w), in the VAE's units, and `concat_mask` (B or 1, H, W), 1 where the
    picture is made anew; without them there is no picture, and all of it is made anew.
    """
    import torch

    from calotype.diffusion.patches import evened, packed
    from calotype.diffusion.sampling.regions import repeated

    more = step.module.config.in_channels - packed(x).shape[-1]
    if more <= 0:
        return []
    picture = step.options.get("concat_latent")
    if picture is None:
        found = torch.zeros_like(x)
    else:
        picture = torch.nn.functional.interpolate(picture.float(), size=step.x.shape[-2:], mode="bilinear")
        found = repeated(evened(step.latent.into_model(picture)).to(x), x.shape[0])
    rows = [packed(found)]
    if more > rows[0].shape[-1]:  # the mask at full size: 8 x 8 pixels of each cell become channels
        size = (x.shape[-2] * step.latent.factor, x.shape[-1] * step.latent.factor)
        mask = step.options.get("concat_mask")
        mask = x.new_ones(1, 1, *size) if mask is None else mask.reshape(-1, 1, *mask.shape[-2:]).to(x)
        mask = torch.nn.functional.interpolate(mask, size=size, mode="nearest-exact").round()
        cells = torch.nn.functional.pixel_unshuffle(mask, step.latent.factor)
        rows.append(repeated(packed(cells), x.shape[0]))
    return rows


def flow(takes: Takes) -> Flow:
    """Schnell has even levels; dev, which is told its guidance, those shifted for a picture of a megapixel."""
    told = "time_text_embed.guidance_embedder.linear_1.weight" in takes
    return Flow(shift=exp(1.15), multiplier=1.0, steps=10000) if told else Flow(multiplier=1.0)


def join(encoded: Sequence[Encoded | None]) -> Prompt:
    """The T5's tokens, and CLIP-L's pooled state."""
    from calotype.types import Prompt

    clip, t5 = encoded
    assert clip is not None and t5 is not None
    return Prompt(t5.tokens, clip.pooled)


FAMILY = Family(
    name="flux",
    title="FLUX.1",
    latent=LatentFormat(channels=16, scale=0.3611, shift=0.1159),
    text=(CLIP_L, T5),
    join=join,
    network=Network(
        module="diffusers.models.transformers.transformer_flux:FluxTransformer2DModel",
        config=config,
        listens="context_embedder.weight",
        layouts=(
            Layout("original", ("double_blocks.0.img_attn.norm.key_norm.scale",), flux.takes),
            Layout("diffusers", ("single_transformer_blocks.0.proj_mlp.weight",), takes_named),
        ),
        forward=forward,
        flow=flow,
    ),
)
