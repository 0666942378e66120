"""What an adapter makes of a weight."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from calotype.errors import ModelError

TUCKER = "rshw,si,or->oihw"


def changed(base: Tensor, tensors: Mapping[str, Tensor], strength: float, module: str) -> Tensor:
    """W' = W + strength * (adapted - W), float32. base: the weight; tensors: by role, see `names.ROLES`.

    A whole weight ("set") is taken as it is at any strength, and lengths of rows ("lengths") divide by those that the
    rows had before, as in ComfyUI; PEFT's ("magnitude") divide by those that they have then (Liu et al. 2024).
    Raises ModelError for an adapter of an unknown kind, or one that does not fit the weight.
    """
    weight = base.float()
    try:
        given = {role: t.to(weight.device).float() for role, t in tensors.items()}
        if "set" in given:
            return given["set"].reshape(weight.shape)
        change, scale = _unscaled(given, weight.shape)
        learnt = given.get("lengths", given.get("magnitude"))
        if learnt is not None:
            adapted = weight + change * scale
            adapted = _decomposed(adapted, learnt, weight if "lengths" in given else adapted)
            return adapted if strength == 1.0 else weight + strength * (adapted - weight)
        return weight + change * (strength * scale)  # in this order: half precision rounds what comes out
    except (KeyError, RuntimeError) as error:
        shapes = ", ".join(f"{role} {tuple(t.shape)}" for role, t in tensors.items())
        raise ModelError(
            f"the LoRA's {module!r} ({shapes}) does not fit a weight of shape {tuple(base.shape)}."
        ) from error


def delta(t: Mapping[str, Tensor], shape: torch.Size) -> Tensor:
    """The change of a weight of this shape at strength 1. Hu et al. 2021, section 4.1: alpha / rank * up @ down.

    Raises KeyError, RuntimeError.
    """
    change, scale = _unscaled(t, shape)
    return change * scale


def _unscaled(t: Mapping[str, Tensor], shape: torch.Size) -> tuple[Tensor, float]:
    """The change, and what it is to be multiplied by at strength 1."""
    if "diff" in t:
        return t["diff"].reshape(shape), 1.0
    change, rank = _product(t)
    return change.reshape(shape), float(t["alpha"]) / rank if "alpha" in t and rank else 1.0


def _product(t: Mapping[str, Tensor]) -> tuple[Tensor, int]:
    """The unscaled change and the rank by which alpha is divided; a rank of 0 where alpha has no meaning."""
    if "mid" in t:  # a convolution in Tucker form
        return torch.einsum(TUCKER, t["mid"], t["down"].flatten(1), t["up"].flatten(1)), t["down"].shape[0]
    if "up" in t:
        return t["up"].flatten(1) @ t["down"].flatten(1), t["down"].shape[0]
    if "w1_a" in t:  # LoHa: Hyeon-Woo et al. 2021, proposition 1
        return _hadamard(t, "w1", "t1") * _hadamard(t, "w2", "t2"), t["w1_b"].shape[0]
    return _kronecker(t)


def _hadamard(t: Mapping[str, Tensor], name: str, core: str) -> Tensor:
    """One of LoHa's two factors: of low rank, or in Tucker form (proposition 3)."""
    a, b = t[f"{name}_a"], t[f"{name}_b"]
    return torch.einsum(TUCKER, t[core], b, a.T) if core in t else a @ b.flatten(1)


def _kronecker(t: Mapping[str, Tensor]) -> tuple[Tensor, int]:
    """LoKr: the Kronecker product of two matrices, each whole or of low rank. Edalati et al. 2022."""
    rank = next((t[k].shape[0] for k in ("k2_b", "k1_b") if k in t), 0)
    first = t["k1"] if "k1" in t else t["k1_a"] @ t["k1_b"]
    if "k2_t" in t:
        second = torch.einsum(TUCKER, t["k2_t"], t["k2_b"], t["k2_a"].T)
    else:
        second = t["k2"] if "k2" in t else t["k2_a"] @ t["k2_b"].flatten(1)
    for _ in range(second.dim() - first.dim()):
        first = first.unsqueeze(-1)
    return torch.kron(first, second.contiguous()), rank


def _decomposed(adapted: Tensor, learnt: Tensor, before: Tensor) -> Tensor:
    """DoRA: the adapted weight's directions with learnt lengths. Liu et al. 2024, equation 5.

    learnt: as many as there are rows, else columns (LyCORIS). before: the weight whose rows' lengths are divided by.
    """
    rows, columns = adapted.shape[:2]
    if learnt.shape[0] == rows or columns != learnt.numel() == rows:
        length = before.flatten(1).norm(dim=1).view(-1, *[1] * (adapted.dim() - 1))
    else:
        length = adapted.transpose(0, 1).flatten(1).norm(dim=1).view(1, -1, *[1] * (adapted.dim() - 2))
    return adapted * (learnt.reshape(length.shape) / (length + torch.finfo(length.dtype).eps))
