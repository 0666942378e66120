"""Two models as one: weighted sums of their weights, tensor by tensor. Wortsman et al. 2022."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import torch
from torch import nn

from calotype.diffusion.layouts.back import block_name
from calotype.errors import ModelError
from calotype.types import Scalar

Weights = Callable[[str], tuple[float, float]]
"""Tensor of a module -> the shares of the first model's weight and of the second's."""


def merged(
    parameters: Mapping[str, nn.Parameter],
    others: Mapping[str, nn.Parameter],
    weights: Weights,
    keep: torch.dtype | None = None,
) -> dict[str, nn.Parameter]:
    """a W + b W_other where the second model has the tensor; tensors that do not change stay the same objects.

    The sum is taken in float32 and kept in the first weight's type, or in `keep`. Raises ModelError when two
    tensors of one name have different shapes.
    """
    changed = dict(parameters)
    for name, base in parameters.items():
        other, (share, add) = others.get(name), weights(name)
        if other is None or not base.is_floating_point() or (share, add) == (1.0, 0.0):
            continue
        if other.shape != base.shape:
            raise ModelError(
                f"the models that are merged differ: {name!r} is {tuple(base.shape)} in the first, "
                f"{tuple(other.shape)} in the second."
            )
        total = base.float() * share
        total += other.to(base.device, torch.float32) * add  # rounded by itself, as ComfyUI does; `alpha` would not be
        changed[name] = nn.Parameter(total.to(keep or base.dtype), requires_grad=False)
    return changed


def weights_of(settings: Mapping[str, Scalar], layers: int, originals: Mapping[str, str]) -> Weights:
    """The shares that a patch of the kind "merge" says. Raises ModelError for layers that the model does not have.

    settings: `keep` and `add` for all, or `shares`: lines of a prefix of the original code's names and the first
    model's share, of which the longest that fits counts, and the first line where none does. layers: residual blocks of
    a level of the U-Net; originals: module's tensor -> the original code's name, of other networks.
    """
    if "shares" not in settings:
        both = float(settings["keep"]), float(settings["add"])
        return lambda name: both
    table = shares_in(str(settings["shares"]))
    usual = next(iter(table.values()), 1.0)
    if originals and not any(one.startswith(prefix) for prefix in table for one in originals.values()):
        raise ModelError(
            f"no layer of the model is named as the shares say; it has, for one, {next(iter(originals.values()))!r}."
        )

    def weights(name: str) -> tuple[float, float]:
        known = originals.get(name) or block_name(name, layers)
        fitting = [prefix for prefix in table if known.startswith(prefix)]
        share = table[max(fitting, key=len)] if fitting else usual
        return share, 1.0 - share

    return weights


def shares_in(text: str) -> dict[str, float]:
    """The shares in lines such as `input_blocks.4. 0.25`. Raises ModelError naming a line that is none."""
    found = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        prefix, _, number = line.rpartition(" ")
        try:
            found[prefix.strip().removesuffix(":")] = float(number)
        except ValueError as error:
            raise ModelError(
                f'the line "{line}" is no name of a layer and a number, such as "middle_block. 0.5".'
            ) from error
    return found


def count_layers(names: Iterable[str]) -> int:
    """Residual blocks of a level of the U-Net that has these tensors; 0 for other networks."""
    return len({n.split(".")[3] for n in names if n.startswith("down_blocks.0.resnets.")})
