"""Weights in forms that other programs compute with and this one does not, named for people. No torch."""

from __future__ import annotations

from calotype.diffusion.header import Header
from calotype.errors import ModelError

MARKS = (
    (".quant_state.bitsandbytes__nf4", "bitsandbytes (NF4, 4 bits)"),
    (".quant_state.bitsandbytes__fp4", "bitsandbytes (FP4, 4 bits)"),
    (".SCB", "bitsandbytes (LLM.int8, 8 bits)"),
    (".wscales", "Nunchaku (SVDQuant, 4 bits)"),
    (".qzeros", "GPTQ or AWQ"),
    (".qweight", "GPTQ, AWQ or Nunchaku"),
    (".weight_scale_2", "NVFP4 (4 bits)"),
    (".weight_scale_inv", "DeepSeek's 8 bits in blocks"),
)
METHODS = {
    "bitsandbytes": "bitsandbytes",
    "torchao": "torchao",
    "quanto": "optimum-quanto",
    "modelopt": "NVIDIA ModelOpt",
    "gptq": "GPTQ",
    "awq": "AWQ",
}


def refuse_quantised(header: Header) -> None:
    """Raise ModelError for a file or folder whose weights are quantised in a form that is not read, by its name."""
    what = _by_config(header) or _by_name(header)
    if what:
        raise ModelError(
            f"{header.path.name} is quantised by {what}, which is not read. Get the same model in 16 bits, as fp8, or "
            "as GGUF."
        )


def _by_config(header: Header) -> str | None:
    """What a diffusers folder says of its weights."""
    for config in header.configs.values():
        said = config.get("quantization_config") if isinstance(config, dict) else None
        method = said.get("quant_method") if isinstance(said, dict) else None
        if method:
            return METHODS.get(str(method), str(method))
    return None


def _by_name(header: Header) -> str | None:
    return next((what for ending, what in MARKS if any(n.endswith(ending) for n in header.tensors)), None)
