"""The adapters of a LoRA file: which tensors belong together, and what each of them is. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from calotype.diffusion.header import Header, TensorInfo

ROLES = {
    # ending of a tensor's name -> its role in the arithmetic; the longer endings of one meaning come first
    ".lora_linear_layer.down.weight": "down",
    ".lora_linear_layer.up.weight": "up",
    ".lora_down.weight": "down",
    ".lora_up.weight": "up",
    ".lora_mid.weight": "mid",
    ".lora_A.default.weight": "down",
    ".lora_B.default.weight": "up",
    ".lora_A.weight": "down",
    ".lora_B.weight": "up",
    ".lora_B.bias": "diff_b",
    ".lora_A": "down",
    ".lora_B": "up",
    ".lora.down.weight": "down",
    ".lora.up.weight": "up",
    "_lora.down.weight": "down",
    "_lora.up.weight": "up",
    ".alpha": "alpha",
    ".dora_scale": "lengths",
    ".lora_magnitude_vector.default.weight": "magnitude",
    ".lora_magnitude_vector.weight": "magnitude",
    ".lora_magnitude_vector": "magnitude",
    ".hada_w1_a": "w1_a",
    ".hada_w1_b": "w1_b",
    ".hada_w2_a": "w2_a",
    ".hada_w2_b": "w2_b",
    ".hada_t1": "t1",
    ".hada_t2": "t2",
    ".lokr_w1": "k1",
    ".lokr_w1_a": "k1_a",
    ".lokr_w1_b": "k1_b",
    ".lokr_w2": "k2",
    ".lokr_w2_a": "k2_a",
    ".lokr_w2_b": "k2_b",
    ".lokr_t2": "k2_t",
    ".diff": "diff",
    ".diff_b": "diff_b",
    ".set_weight": "set",
}
SIDE = frozenset({"alpha", "lengths", "magnitude"})  # roles that change nothing by themselves


@dataclass(frozen=True, slots=True)
class Adapter:
    """The tensors that change one module, by role."""

    module: str
    tensors: Mapping[str, TensorInfo]


@dataclass(frozen=True, slots=True)
class Content:
    """What is in a LoRA file: its adapters by the module name that the file uses, and tensors that are of none."""

    adapters: Mapping[str, Adapter]
    others: tuple[str, ...]


def content(header: Header) -> Content:
    """The adapters of a LoRA file."""
    found: dict[str, dict[str, TensorInfo]] = {}
    others = []
    for name, info in header.tensors.items():
        ending = next((e for e in ROLES if name.endswith(e)), None)
        if ending is None:
            others.append(name)
        else:
            module = name.removesuffix(ending).replace(".processor.", ".")
            found.setdefault(module, {})[ROLES[ending]] = info
    whole = {module: Adapter(module, tensors) for module, tensors in found.items() if tensors.keys() - SIDE}
    alone = [t.name for module, tensors in found.items() if module not in whole for t in tensors.values()]
    return Content(whole, (*others, *alone))
