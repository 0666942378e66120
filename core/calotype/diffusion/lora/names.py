"""Which tensors of a LoRA file change which weight of a model: kohya's, diffusers' and PEFT's names. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from calotype.diffusion.header import Header, TensorInfo
from calotype.diffusion.layouts import unet
from calotype.diffusion.layouts.take import Takes

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
    ".lora.down.weight": "down",
    ".lora.up.weight": "up",
    "_lora.down.weight": "down",
    "_lora.up.weight": "up",
    ".alpha": "alpha",
    ".dora_scale": "dora_scale",
    ".hada_w1_a": "w1_a",
    ".hada_w1_b": "w1_b",
    ".hada_w2_a": "w2_a",
    ".hada_w2_b": "w2_b",
    ".lokr_w1": "k1",
    ".lokr_w1_a": "k1_a",
    ".lokr_w1_b": "k1_b",
    ".lokr_w2": "k2",
    ".lokr_w2_a": "k2_a",
    ".lokr_w2_b": "k2_b",
}
UNET = ("lora_unet_", "unet.", "diffusion_model.", "base_model.model.unet.")


@dataclass(frozen=True, slots=True)
class Adapter:
    """The tensors that change one weight, by role."""

    module: str
    tensors: Mapping[str, TensorInfo]


def adapters(header: Header) -> dict[str, Adapter]:
    """The adapters of a LoRA file by the module name that the file uses."""
    found: dict[str, dict[str, TensorInfo]] = {}
    for name, info in header.tensors.items():
        ending = next((e for e in ROLES if name.endswith(e)), None)
        if ending is not None:
            module = name.removesuffix(ending).replace(".processor.", ".")
            found.setdefault(module, {})[ROLES[ending]] = info
    return {module: Adapter(module, tensors) for module, tensors in found.items() if len(tensors) > 1}


def is_for(kind: str, module: str) -> bool:
    """Whether a module name of a LoRA file means the denoiser (else a text encoder)."""
    return module.startswith(UNET) == (kind == "denoiser")


def aliases(kind: str, takes: Takes, index: int = 0, count: int = 1) -> dict[str, str]:
    """Module name as LoRA files have it -> the weight of the model that it means.

    takes: the model's tensors; index of count: which of several text encoders.
    """
    weights = {name.removesuffix(".weight"): name for name in takes if name.endswith(".weight")}
    layers = len({n.split(".")[3] for n in takes if n.startswith("down_blocks.0.resnets.")})
    found: dict[str, str] = {}
    for module, weight in weights.items():
        names = _unet(module, takes[weight].source, layers) if kind == "denoiser" else _text(module, index, count)
        found |= dict.fromkeys(names, weight)
    return found


def _unet(module: str, source: TensorInfo, layers: int) -> list[str]:
    """By diffusers' name and by the original code's, which the file has, or which follows from the place."""
    there = source.name.removesuffix(".weight").removeprefix("model.").removeprefix("diffusion_model.")
    names = {module, there, unet.original(module, layers) or module}
    flat = [f"lora_unet_{name.replace('.', '_')}" for name in names]
    dotted = [f"{prefix}{name}" for prefix in UNET[1:] for name in names]
    short = module.replace(".to_out.0", ".to_out")  # older diffusers
    return [*flat, *dotted, f"unet.{short}"]


def _text(module: str, index: int, count: int) -> list[str]:
    number = index + 1
    flat = module.replace(".", "_")
    kohya = [f"lora_te{number}_text_model_{flat}"] + ([f"lora_te_text_model_{flat}"] if index == 0 else [])
    if index == 0 and count == 1:
        kohya.append(f"lora_te2_text_model_{flat}")  # the refiner's one encoder is SDXL's second
    where = "text_encoder" if index == 0 else f"text_encoder_{number}"
    return [*kohya, f"{where}.text_model.{module}", f"{where}.{module}"]
