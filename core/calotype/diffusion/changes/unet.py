"""What patches do inside of a U-Net while it runs: FreeU. U-Nets as diffusers builds them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from calotype.diffusion.sampling.hooks import Layers
from calotype.errors import ModelError

Backbone = Callable[[Tensor, float], Tensor]
LOW = 1  # frequencies about zero that count as low, on each side


def freeu(module: Any, b: tuple[float, float], s: tuple[float, float], backbone: Backbone) -> Callable[[], Layers]:
    """FreeU (Si et al. 2023, equations 3 to 6) on the two lowest widths of the way up: 4 and 2 times the model's.

    b: what half of the channels that come from below are multiplied with; s: the low frequencies of the skip
    connections; each for the two widths. Raises ModelError for models that are no U-Net.
    """
    ups = getattr(module, "up_blocks", None)
    if ups is None or not hasattr(module, "mid_block"):
        raise ModelError("FreeU needs a U-Net; this model has no skip connections.")
    width = int(module.config.block_out_channels[0])
    table = {width * 4: (b[0], s[0]), width * 2: (b[1], s[1])}
    places: list[tuple[nn.Module, int, float, float]] = []
    below = module.mid_block.resnets[-1].out_channels
    for up in ups:
        for resnet in up.resnets:
            if below in table:
                places.append((resnet, below, *table[below]))
            below = resnet.out_channels
    return lambda: hooked(places, backbone)


@contextmanager
def hooked(places: list[tuple[nn.Module, int, float, float]], backbone: Backbone) -> Iterator[None]:
    """The changes, for as long as it is open."""
    handles = [
        resnet.register_forward_pre_hook(partial(joined, below=below, b=b, s=s, backbone=backbone))
        for resnet, below, b, s in places
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def joined(module: nn.Module, given: tuple[Any, ...], below: int, b: float, s: float, backbone: Backbone) -> Any:
    """The input of a residual block, (what comes from below, skip connection) in one tensor, with both changed."""
    x, skip = given[0][:, :below], given[0][:, below:]
    x = torch.cat([backbone(x, b), x[:, below // 2 :]], dim=1)
    return (torch.cat([x, low_scaled(skip, s)], dim=1), *given[1:])


def plain(x: Tensor, b: float) -> Tensor:
    """The first half of the channels, times b."""
    return x[:, : x.shape[1] // 2] * b


def by_structure(x: Tensor, b: float) -> Tensor:
    """The first half of the channels, times 1 to b by where the mean over channels is high (FreeU's second version)."""
    mean = x.mean(1, keepdim=True)
    low, high = mean.flatten(1).min(1).values, mean.flatten(1).max(1).values
    span = torch.where(high == low, 1.0, high - low)  # a picture of one cell has no structure
    share = (mean - low.view(-1, 1, 1, 1)) / span.view(-1, 1, 1, 1)
    return x[:, : x.shape[1] // 2] * ((b - 1) * share + 1)


def low_scaled(x: Tensor, scale: float) -> Tensor:
    """x with its lowest frequencies times `scale`."""
    spectrum = torch.fft.fftshift(torch.fft.fftn(x.float(), dim=(-2, -1)), dim=(-2, -1))
    row, column = x.shape[-2] // 2, x.shape[-1] // 2
    spectrum[..., row - LOW : row + LOW, column - LOW : column + LOW] *= scale
    return torch.fft.ifftn(torch.fft.ifftshift(spectrum, dim=(-2, -1)), dim=(-2, -1)).real.to(x.dtype)
