"""What an adapter adds to a weight."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from calotype.errors import ModelError


def delta(tensors: Mapping[str, Tensor], shape: torch.Size, module: str) -> Tensor:
    """The change of a weight of this shape at strength 1, float32. tensors: by role, see `names.ROLES`.

    Raises ModelError for an adapter of an unknown kind, or one that does not fit the weight.
    """
    if "dora_scale" in tensors:
        raise ModelError(f"the LoRA's {module!r} is a DoRA, which this version cannot apply.")
    try:
        change, rank = _product({role: t.float() for role, t in tensors.items() if role != "alpha"})
        alpha = float(tensors["alpha"]) if "alpha" in tensors else rank
        return (change * (alpha / rank)).reshape(shape)
    except (KeyError, RuntimeError) as error:
        shapes = ", ".join(f"{role} {tuple(t.shape)}" for role, t in tensors.items())
        raise ModelError(f"the LoRA's {module!r} ({shapes}) does not fit a weight of shape {tuple(shape)}.") from error


def _product(t: Mapping[str, Tensor]) -> tuple[Tensor, int]:
    """The unscaled change and the rank by which alpha is divided."""
    if "mid" in t:  # a convolution in Tucker form
        change = torch.einsum("or,rshw,si->oihw", t["up"].flatten(1), t["mid"], t["down"].flatten(1))
        return change, t["down"].shape[0]
    if "up" in t:
        return t["up"].flatten(1) @ t["down"].flatten(1), t["down"].shape[0]
    if "w1_a" in t:  # LoHa: Hyeon-Woo et al. 2021, proposition 1
        change = (t["w1_a"] @ t["w1_b"].flatten(1)) * (t["w2_a"] @ t["w2_b"].flatten(1))
        return change, t["w1_b"].shape[0]
    return _kronecker(t)


def _kronecker(t: Mapping[str, Tensor]) -> tuple[Tensor, int]:
    """LoKr: the Kronecker product of two matrices, each whole or of low rank. Edalati et al. 2022."""
    rank = next((t[k].shape[0] for k in ("k2_b", "k1_b") if k in t), 1)
    first = t["k1"] if "k1" in t else t["k1_a"] @ t["k1_b"]
    second = t["k2"] if "k2" in t else t["k2_a"] @ t["k2_b"].flatten(1)
    for _ in range(second.dim() - first.dim()):
        first = first.unsqueeze(-1)
    return torch.kron(first, second.contiguous()), rank
